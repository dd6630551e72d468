"""The commands of `%submarine`, one a module."""

from __future__ import annotations

from ...errors import UsageError
from ..grammar import nearest
from . import delete, events, experiment, files, get, info, listing, logs, status, stop, wait
from .base import Command
from .help import help_command

_ALL = (
    experiment.COMMAND,
    listing.COMMAND,
    get.COMMAND,
    status.COMMAND,
    logs.COMMAND,
    events.COMMAND,
    files.COMMAND,
    wait.COMMAND,
    stop.COMMAND,
    delete.COMMAND,
    info.COMMAND,
)

COMMANDS: dict[str, Command] = {command.name: command for command in _ALL}
COMMANDS["help"] = help_command(COMMANDS)

__all__ = ["COMMANDS", "Command", "find"]


def find(name: str, *, in_cell: bool) -> Command:
    """Return a command by its name; UsageError names the one that was probably meant."""
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f"There is no `%submarine {name}`; {nearest(name, COMMANDS)}")
    if in_cell and not command.takes_cell:
        raise UsageError(f"`{name}` takes no cell; write `%submarine {name}` with one percent sign")
    return command
