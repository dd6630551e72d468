"""The log of a container, written so that it can be gone on with after any interruption.

A cluster can be asked for a log from a time on, to the second: the last second comes again. What
is in the file of that second is compared with what comes, byte by byte, so that no line is lost or
comes twice; where they do not meet, lines may be missing, and that is said in the log.
"""

from __future__ import annotations

import os
import struct
from datetime import datetime, timezone
from pathlib import Path

from ..run.journal import Clock
from ..run.output import Output
from .stamps import seconds_of

GAP = b"submarine: lines may be missing here\n"
_ENTRY = struct.Struct("<QQ")
_MOST_ENTRIES = 65536
_SECOND = 19  # characters of a stamp that name its second


class _LineTime(Clock):
    """The clock of a log: the time of its last line, on the node."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def now(self) -> float:
        """Return the time of the last line."""
        return self.time


class ReplayedLog:
    """The server's log of one start of a pod.

    Parameters
    ----------
    directory
        Of the experiment.
    cap
        Bytes that are kept.

    Attributes
    ----------
    has_gap
        Whether lines may be missing.
    """

    def __init__(self, directory: Path, pod: str, attempt: int, cap: int) -> None:
        self._clock = _LineTime()
        self._output = Output(pod, attempt, cap, self._clock, str(directory))
        self._path = directory / "pods" / pod / f"{attempt}.log"
        self._pending = b""
        self._second = b""
        self._stamp = b""
        self.has_gap = False

    @property
    def size(self) -> int:
        """Length in bytes."""
        return os.fstat(self._output.descriptor).st_size

    @property
    def first(self) -> int:
        """Offset of the oldest byte that is kept."""
        return self._output.first

    def resume(self) -> str | None:
        """Prepare for what comes again; return from when on to ask, or None: from the beginning."""
        since, offset = self._last_second()
        self._second = b""
        with self._path.open("rb") as file:
            file.seek(offset)
            self._pending = file.read().replace(GAP, b"")
        if since is None:
            return None
        self._clock.time = max(self._clock.time, since)
        return datetime.fromtimestamp(since, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def take(self, line: bytes) -> None:
        """Take a line with its stamp in front; one without a stamp is none of the container's."""
        stamp, _, text = line.partition(b" ")
        if stamp[:_SECOND] != self._second:
            # Before the first line of another second, so that a second begins at an entry.
            self.note()
            if seconds_of(stamp.decode("ascii", "replace")) is None:
                return
            self._second = stamp[:_SECOND]
        self._stamp = stamp
        new = self._beyond_pending(text)
        if new:
            self._write(new)

    def note(self) -> bool:
        """Note the log's growth and keep it to its cap; return whether its oldest part was dropped.

        Raises
        ------
        CannotDrop
            It is above its cap, and the file system has no holes.
        """
        # What is still to come again is in the file already, under later times than this one.
        if self._second and not self._pending:
            when = seconds_of(self._stamp.decode("ascii", "replace"))
            self._clock.time = max(self._clock.time, when or 0.0)
            self._output.note_growth()
        return self._output.keep_to_cap()

    def mark_gap(self) -> None:
        """Say that lines may be missing here."""
        self.has_gap = True
        self._pending = b""
        newline = b"" if self._ends_line() else b"\n"
        self._write(newline + GAP)

    def close(self) -> None:
        """Write no more."""
        self._output.close()

    def _beyond_pending(self, text: bytes) -> bytes:
        """Return what of a line is not in the file yet."""
        pending = self._pending
        if not pending:
            return text
        if pending.startswith(text):
            self._pending = pending[len(text) :]
            return b""
        if text.startswith(pending):
            self._pending = b""
            return text[len(pending) :]
        # The node has dropped the older lines of that second; this one may be there all the same.
        place = pending.find(b"\n" + text)
        if place >= 0:
            self._pending = pending[place + 1 + len(text) :]
            return b""
        self.mark_gap()
        return text

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._output.descriptor, data) :]

    def _ends_line(self) -> bool:
        size = self.size
        if size == 0:
            return True
        with self._path.open("rb") as file:
            file.seek(size - 1)
            return file.read() == b"\n"

    def _last_second(self) -> tuple[float | None, int]:
        """Return the last second of which there are lines, and where its first line begins."""
        index = self._path.with_suffix(".idx")
        count = index.stat().st_size // _ENTRY.size
        with index.open("rb") as file:
            file.seek(max(0, count - _MOST_ENTRIES) * _ENTRY.size)
            data = file.read()
        entries = list(_ENTRY.iter_unpack(data[: len(data) // _ENTRY.size * _ENTRY.size]))
        if not entries:
            return None, 0
        last = entries[-1][1] // 1000
        before = (size for size, when in reversed(entries) if when // 1000 < last)
        return float(last), next(before, 0)
