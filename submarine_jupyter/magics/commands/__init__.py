"""The commands of `%submarine`, a group of them in each module."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import UsageError
from ...spec.grammar import nearest
from . import catalogue, cells, changing, comparing, experiment, form, listing, results, session
from .base import Command

_ALL = (
    experiment.EXPERIMENT,
    listing.LIST,
    listing.GET,
    listing.STATUS,
    results.LOGS,
    results.EVENTS,
    results.METRICS,
    results.FILES,
    changing.WAIT,
    changing.STOP,
    changing.DELETE,
    changing.PATCH,
    cells.CLONE,
    cells.EDIT,
    comparing.DIFF,
    comparing.COMPARE,
    catalogue.ENV,
    catalogue.TEMPLATE,
    form.FORM,
    session.CONFIG,
    session.CONNECT,
    session.INFO,
)

COMMANDS: dict[str, Command] = {command.name: command for command in _ALL}
COMMANDS["help"] = session.help_command(COMMANDS)

__all__ = ["COMMANDS", "Command", "find", "overview"]


def find(name: str, *, in_cell: bool) -> Command:
    """Return a command by its name; UsageError names the one that was probably meant."""
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f"There is no `%submarine {name}`; {nearest(name, COMMANDS)}")
    if in_cell and not command.takes_cell:
        raise UsageError(f"`{name}` takes no cell; write `%submarine {name}` with one percent sign")
    return command


def overview(commands: Mapping[str, Command]) -> str:
    """Return what help says of all commands."""
    return session.overview(commands)
