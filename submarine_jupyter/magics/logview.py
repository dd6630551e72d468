"""Log lines in a cell's output, bounded however many come."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from ..logs.clean import clean
from .output import Output

if TYPE_CHECKING:
    from ..client import LogLine
    from .context import Context

MAX_BYTES = 30_000
"""Bytes of text kept in the notebook; what is older is in the experiment."""

_INTERVAL = 0.5


class LogView:
    """Shows lines under their pod's name.

    A terminal gets every line. A notebook gets one output that is written over, twice a second
    at most, and holds the last 30 kB.

    Parameters
    ----------
    live
        Show lines as they come, not only at the end.
    """

    def __init__(self, context: Context, *, live: bool) -> None:
        self._context = context
        self._live = live
        self._texts: deque[str] = deque()
        self._bytes = 0
        self._dropped = 0
        self._pod: str | None = None
        self._output = Output()
        self._shown_at = 0.0

    def add(self, line: LogLine) -> None:
        """Take a line, which comes under its pod's heading."""
        if line.pod != self._pod:
            room = "\n" if self._pod else ""
            self._pod = line.pod
            self._put(f"{room}The logs of Pod {line.pod}:\n")
        self._put(clean(line) if self._context.in_kernel else str(line))
        if self._live and time.monotonic() - self._shown_at > _INTERVAL:
            self._show()

    def finish(self) -> None:
        """Show what has not been shown."""
        if self._pod is None:
            self._context.say("No log lines yet.")
        else:
            self._show()

    def _put(self, text: str) -> None:
        if not self._context.in_kernel:
            print(text)  # noqa: T201 - a terminal's way to show it
            return
        self._texts.append(text)
        self._bytes += len(text.encode()) + 1
        while self._bytes > MAX_BYTES:
            self._bytes -= len(self._texts.popleft().encode()) + 1
            self._dropped += 1

    def _show(self) -> None:
        if not self._context.in_kernel:
            return
        self._shown_at = time.monotonic()
        note = [f"({self._dropped} earlier lines are not shown)"] if self._dropped else []
        bundle = {"text/plain": "\n".join([*note, *self._texts])}
        self._output.put(bundle)
