"""The metrics in the log of one start of a pod, read as it grows."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ...logs.metrics import MetricReader, Point, Rule

LAG = 5.0
"""Seconds that a log may be ahead of its metrics before some of it is left out."""

_TURN = 0.05
_SLICE = 0.001
_SMALLEST = 8 * 1024
_LARGEST = 256 * 1024
_JUDGED_AFTER = 1.0
_REMEMBERED = 10.0
_PART = 16


class ReadingRate:
    """How fast a log is read, over the last seconds of reading."""

    def __init__(self) -> None:
        self._bytes = 0.0
        self._seconds = 0.0

    def note(self, size: int, seconds: float) -> None:
        """Take down that so much was read in so many seconds."""
        self._bytes += size
        self._seconds += seconds
        if self._seconds > _REMEMBERED:
            self._bytes, self._seconds = self._bytes / 2, self._seconds / 2

    def seconds_for(self, size: int) -> float | None:
        """Return how long so many bytes take; None as long as that cannot be told.

        Told too soon, one pause of the whole process would look like a slow reader.
        """
        if self._seconds < _JUDGED_AFTER:
            return None
        return size * self._seconds / max(self._bytes, 1.0)


class PodMetrics:
    """Reads one log on from where it was, in leaps when it is far behind.

    It reads in slices of a millisecond and rests as long after each, so that whoever else needs the
    interpreter gets it at once; only when it falls behind it rests no more.

    Parameters
    ----------
    first
        Offset of the oldest byte that is kept.
    rule
        The user's own rule for what a metric is; None for ours.
    rate
        How fast it is known to read.

    Attributes
    ----------
    is_sampled
        Whether it has leapt over some of the log.
    cuts
        How often somebody has cut the log short, so that it was read from its beginning again.
    """

    def __init__(
        self,
        path: Path,
        first: int = 0,
        rule: Rule | None = None,
        rate: ReadingRate | None = None,
    ) -> None:
        self._path = path
        self.is_sampled = False
        self.cuts = 0
        self._rule = rule
        self._reader = MetricReader(first, rule)
        self._read_to = first
        self._rate = rate or ReadingRate()
        self._slice = _SMALLEST
        self._behind_since: float | None = None
        self._finished = False

    def read(self, end: int | None) -> list[Point]:
        """Return the points of what is read in one turn.

        Parameters
        ----------
        end
            Final length of the log; None while it may grow.
        """
        points = self._turn() if self.is_behind() else []
        if end is not None and self._read_to >= end and not self._finished:
            self._finished = True
            points += self._reader.finish()
        return points

    def is_behind(self) -> bool:
        """Whether there is more to read by now."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return False
        if size < self._read_to:
            self._begin_anew()
        return size > self._read_to

    def _turn(self) -> list[Point]:
        points: list[Point] = []
        begun = time.monotonic()
        before = self._read_to
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return points
        try:
            size = os.fstat(descriptor).st_size
            rests = not self._leap(size, descriptor)
            before = self._read_to
            while self._read_to < size and time.monotonic() - begun < _TURN:
                took = self._read_slice(descriptor, points)
                if rests:
                    time.sleep(took)
        finally:
            os.close(descriptor)
        # The turns of others count as well: they keep this log waiting.
        now = time.monotonic()
        self._rate.note(self._read_to - before, now - (self._behind_since or begun))
        self._behind_since = now if self._read_to < size else None
        return points

    def _read_slice(self, descriptor: int, points: list[Point]) -> float:
        """Read a slice; return how long that took."""
        begun = time.perf_counter()
        chunk = os.pread(descriptor, self._slice, self._read_to)
        self._read_to += len(chunk)
        points += self._reader.feed(chunk)
        took = time.perf_counter() - begun
        fitting = int(len(chunk) * _SLICE / max(took, _SLICE / 100))
        self._slice = min(max(fitting, _SMALLEST), _LARGEST)
        return took

    def _leap(self, size: int, descriptor: int) -> bool:
        """Leave out some of what could not be read in time; return whether haste is needed."""
        behind = size - self._read_to
        seconds = self._rate.seconds_for(behind)
        if seconds is None or seconds < LAG / 2:
            return False
        if seconds > LAG:
            self.is_sampled = True
            target = self._read_to + int(behind * (1 - LAG / seconds)) // _PART
            newline = os.pread(descriptor, _LARGEST, target).find(b"\n")
            self._read_to = target + newline + 1
            self._reader.leap(self._read_to)
        return True

    def _begin_anew(self) -> None:
        """Read a log from its beginning that somebody has cut short."""
        self.cuts += 1
        self._reader = MetricReader(0, self._rule)
        self._read_to = 0
