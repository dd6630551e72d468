"""`help`: the commands."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ...errors import UsageError
from ..context import Context
from ..grammar import CommandParser, nearest
from .base import Command


def help_command(commands: Mapping[str, Command]) -> Command:
    """Return the command that explains `commands`."""

    def run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
        if arguments.command is None:
            lines = [f"  {name:<11} {command.summary}" for name, command in commands.items()]
            context.say("\n".join(["%submarine COMMAND …", "", *lines]))
            return
        if arguments.command not in commands:
            hint = nearest(arguments.command, commands)
            raise UsageError(f"There is no `%submarine {arguments.command}`; {hint}")
        context.say(commands[arguments.command].parser().help_text())

    def add(parser: CommandParser) -> None:
        parser.add_argument("command", nargs="?")

    return Command("help", "explain the commands, or one of them", run, add)
