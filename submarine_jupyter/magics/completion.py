"""Tab completion of sub-commands, flags, and what they take: ids, pods, frameworks, roles.

Asking the server is bounded: what does not answer in time completes the next press of Tab.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SubmarineError
from ..spec.frameworks import FRAMEWORKS
from ..spec.status import Status
from .commands import COMMANDS
from .commands.catalogue import ACTIONS, names
from .context import Context
from .settings import SETTINGS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..client import ExperimentClient
    from ..spec.grammar import CommandParser

_PATIENCE = 0.15
_FRESH = 5.0
_MOST = "50"

Fetch = Callable[["ExperimentClient"], list[str]]


def register(ipython: InteractiveShell) -> None:
    """Make the completer of `ipython` know the commands."""
    shell: Any = ipython
    asked = Asked()

    def complete(shell: Any, event: Any) -> list[str]:
        # All up to the cursor; the last word is the one to be completed.
        before = event.text_until_cursor.partition("submarine")[2]
        found = Completion(Context.of(shell), asked).words(before)
        return [word for word in found if word.startswith(event.symbol)]

    shell.set_hook("complete_command", complete, re_key=r"%{0,2}submarine\b")


class Asked:
    """What the server was asked for, each answer kept for a few seconds."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, tuple[float, list[str]]] = {}
        self._asking: dict[Hashable, threading.Thread] = {}

    def get(self, context: Context, question: Hashable, fetch: Fetch) -> list[str]:
        """Return an answer that is fresh, else ask; what is late or fails gives what was known."""
        key = (context.server, question)
        asked_at, known = self._answers.get(key, (0.0, []))
        if known and time.monotonic() - asked_at < _FRESH:
            return known
        thread = self._asking.get(key)
        if thread is None or not thread.is_alive():
            thread = threading.Thread(target=self._ask, args=(context, key, fetch), daemon=True)
            self._asking[key] = thread
            thread.start()
        thread.join(_PATIENCE)
        return self._answers.get(key, (0.0, known))[1]

    def _ask(self, context: Context, key: Hashable, fetch: Fetch) -> None:
        try:
            client = context.client  # the first one brings the HTTP library
            client.transport.endpoint()  # pressing Tab starts no server
            self._answers[key] = time.monotonic(), fetch(client)
        except SubmarineError:
            # Completion stays silent.
            self._answers[key] = time.monotonic(), []


class Completion:
    """What may stand at the end of a command line."""

    def __init__(self, context: Context, asked: Asked) -> None:
        self._context = context
        self._asked = asked

    def words(self, line: str) -> Iterable[str]:
        """Return the words that may stand where a line ends; it begins after `submarine`."""
        typed = line.split()
        last = typed.pop() if typed and not line[-1].isspace() else ""
        if not typed:
            return list(COMMANDS)
        command = COMMANDS.get(typed[0])
        if command is None:
            return []
        parser = command.parser()
        if last.startswith("-") and "=" not in last:
            return parser.flags()
        action = parser.argument_of(last.partition("=")[0] if last.startswith("--") else typed[-1])
        if action is None or action.nargs == 0:
            action = _positional(parser, typed)
        return self._values(action, typed) if action else parser.flags()

    def _values(self, action: argparse.Action, typed: list[str]) -> Iterable[str]:
        """Return what an argument of the line may be."""
        if action.choices is not None:
            return list(map(str, action.choices))
        if action.dest in ("id", "ids", "first", "second"):
            return ["last", *self._ids()]
        if action.dest == "pod":
            return self._pods(typed)
        if action.dest == "name" and typed[0] in ("env", "template"):
            return self._catalogue(typed[0])
        fixed = _FIXED.get(action.dest)
        return fixed() if fixed else []

    def _ids(self) -> list[str]:
        def fetch(client: ExperimentClient) -> list[str]:
            return [entry["experimentId"] for entry in client.summaries(limit=_MOST)]

        # A submission makes what was known stale.
        last = self._context.last
        return self._asked.get(self._context, ("ids", last and last.id), fetch)

    def _pods(self, typed: list[str]) -> list[str]:
        """Return the ends of the pods' names, of the experiment that the line names."""
        last = self._context.last
        words = [word for word in typed[1:] if word.startswith("experiment")]
        ident = words[0] if words else last.id if last is not None else None
        if ident is None:
            return []

        def fetch(client: ExperimentClient) -> list[str]:
            pods = client.experiment(ident).pods()
            return [pod["name"].removeprefix(f"{ident}-") for pod in pods]

        return self._asked.get(self._context, ("pods", ident), fetch)

    def _catalogue(self, command: str) -> list[str]:
        return self._asked.get(self._context, command, lambda client: names(client, command))


def _positional(parser: CommandParser, typed: list[str]) -> argparse.Action | None:
    """Return the argument without a flag that comes next."""
    positionals = parser.positionals()
    given = [word for word in typed[1:] if not word.startswith("-")]
    return positionals[min(len(given), len(positionals) - 1)] if positionals else None


def _frameworks() -> list[str]:
    return [framework.name for framework in FRAMEWORKS.values()]


def _roles() -> list[str]:
    roles = (role for framework in FRAMEWORKS.values() for role in framework.roles)
    return [f"{role}=" for role in dict.fromkeys(roles)]


def _resources() -> list[str]:
    roles = [role.replace("=", ":") for role in _roles()]
    return ["cpu=", "memory=", "nvidia.com/gpu=", *roles]


def _files() -> list[str]:
    kinds = (".yaml", ".yml", ".json")
    return sorted(path.name for path in Path().iterdir() if path.suffix in kinds)


_FIXED: dict[str, Callable[[], list[str]]] = {
    "framework": _frameworks,
    "replicas": _roles,
    "resources": _resources,
    "status": lambda: [status.value for status in Status],
    "settings": lambda: [f"{name}=" for name in SETTINGS],
    "file": _files,
    "command": lambda: list(COMMANDS),
    "action": lambda: list(ACTIONS),
    "rehearse": lambda: ["20s", "2min"],
}
