"""What comes before the pods of a run: a program each, which says how it goes in its output."""

from __future__ import annotations

import fcntl
import os
import signal

from ...run.journal import open_to_append
from .signals import CHANGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_SAYS = b"submarine: "
_GIVES_UP = b"submarine failed: "


class Step:
    """A program that has to succeed before the pods start.

    Parameters
    ----------
    run
        The experiment's directory; the current one by default.

    Attributes
    ----------
    name, reason
        What it is, and what its failure is called.
    pid
        Of its process; 0 before it was started.
    exit_code
        Once it has ended.
    complaint
        Why it gave up.
    has_given_up
        Whether it has said so.
    """

    def __init__(self, plan: dict[str, Any], run: str = "") -> None:
        self._plan = plan
        self.name: str = plan["name"]
        self.reason: str = plan["reason"]
        self.pid = 0
        self.exit_code: int | None = None
        self.complaint = f"preparing its {self.name} was ended"
        self.has_given_up = False
        self._log = os.path.join(run, "steps", f"{self.name}.log")
        self._read_to = 0

    def start(self) -> None:
        """Start it, in a process group of its own."""
        os.makedirs(os.path.dirname(self._log), 0o700, exist_ok=True)
        output = open_to_append(self._log)
        nothing = os.open(os.devnull, os.O_RDONLY)
        argv = self._plan["argv"]
        actions = [(os.POSIX_SPAWN_DUP2, nothing, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, output, number) for number in (1, 2)]
        try:
            self.pid = os.posix_spawn(
                argv[0],
                argv,
                self._plan["env"],
                file_actions=actions,
                setpgroup=0,
                setsigdef=CHANGED,
            )
        finally:
            os.close(output)
            os.close(nothing)

    def news(self) -> list[str]:
        """Return what it has said since."""
        with open(self._log, "rb") as file:
            file.seek(self._read_to)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read_to += len(whole) + len(newline)
        said = []
        for line in whole.split(b"\n"):
            if line.startswith(_SAYS):
                said.append(line[len(_SAYS) :].decode("utf-8", "replace"))
            elif line.startswith(_GIVES_UP):
                self.complaint = line[len(_GIVES_UP) :].decode("utf-8", "replace")
                self.has_given_up = True
        return said

    def kill(self) -> None:
        """End it, if it runs; what it has begun is of no use to anybody."""
        if self.pid and self.exit_code is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def hold(paths: Iterable[str]) -> None:
    """Hold shared locks on files until this process ends, whatever ends it."""
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        fcntl.flock(descriptor, fcntl.LOCK_SH)
