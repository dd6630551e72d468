"""The whole command line."""

from __future__ import annotations

import argparse

from . import cancel, check, delete, env, events, get, listing, logs, serve, server, submit, wait
from .command import Command
from .exits import EXPLANATION

COMMANDS: tuple[Command, ...] = (
    submit.COMMAND,
    listing.COMMAND,
    get.COMMAND,
    logs.COMMAND,
    events.COMMAND,
    wait.COMMAND,
    cancel.COMMAND,
    delete.COMMAND,
    env.COMMAND,
    serve.COMMAND,
    check.COMMAND,
    server.STATUS,
    server.STOP,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; what it reads has the chosen command's `run`."""
    parser = argparse.ArgumentParser(
        prog="submarine-jupyter",
        description="Submit experiments and look after them; run the server they run on.",
        epilog=EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        own = commands.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=command.details,
            allow_abbrev=False,
        )
        own.set_defaults(run=command.run)
        command.arguments(own)
    return parser
