"""Tab completion of sub-commands, flags and experiment ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SubmarineError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_TAKE_IDS = ("get", "logs", "wait", "delete", "stop", "status", "events", "files")


def register(ipython: InteractiveShell) -> None:
    """Make the completer of `ipython` know the commands."""
    shell: Any = ipython
    shell.set_hook("complete_command", _complete, re_key=r"%{0,2}submarine\b")


def _complete(shell: Any, event: Any) -> list[str]:
    from .commands import COMMANDS

    before = event.line.partition("submarine")[2].split()
    if event.symbol and before:
        before.pop()
    if not before:
        return [name for name in COMMANDS if name.startswith(event.symbol)]
    command = COMMANDS.get(before[0])
    if command is None:
        return []
    words = command.parser().flags()
    if command.name in _TAKE_IDS and not event.symbol.startswith("-"):
        words = _ids(shell)
    return [word for word in words if word.startswith(event.symbol)]


def _ids(shell: Any) -> list[str]:
    from .context import Context

    client = Context.of(shell).client
    try:
        client.transport.endpoint()  # pressing Tab starts no server
        return [entry["experimentId"] for entry in client.summaries(limit="50")]
    except SubmarineError:
        return []
