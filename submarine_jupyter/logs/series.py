"""A bounded series of a metric's points, down-sampled so that its picture stays true."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .metrics import Point

MAX_POINTS = 1_000

_FEWEST = 8


class Series:
    """The points of one metric, in the order in which they came.

    Up to its limit it keeps every point. Beyond that it divides them into runs of equal length,
    twice as long each time the room is used up, and keeps of each run the smallest, the largest and
    the first that is no finite number (a gap), besides the very first and the very last point.

    Parameters
    ----------
    limit
        How many points are kept at most; at least 8.
    """

    def __init__(self, limit: int = MAX_POINTS) -> None:
        if limit < _FEWEST:
            raise ValueError(f"limit is {limit}; a series needs room for {_FEWEST} points or more")
        self._limit = limit
        self._runs: list[list[Point]] = []
        self._length = 1  # points in each run
        self._in_last = 0  # points that came for the last run
        self._kept = 0
        self._first: Point | None = None
        self._last: Point | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether points were left out."""
        return self._length > 1

    @property
    def points(self) -> list[Point]:
        """The points that are kept, in the order in which they came."""
        kept = [point for run in self._runs for point in run]
        if self._first is not None and kept[0] is not self._first:
            kept.insert(0, self._first)
        if self._last is not None and kept[-1] is not self._last:
            kept.append(self._last)
        return kept

    def append(self, point: Point) -> None:
        """Add a point after all others."""
        if self._first is None:
            self._first = point
        self._last = point
        if self._runs and self._in_last < self._length:
            before = len(self._runs[-1])
            self._runs[-1] = _extremes([*self._runs[-1], point])
            self._in_last += 1
            self._kept += len(self._runs[-1]) - before
        else:
            self._runs.append([point])
            self._in_last = 1
            self._kept += 1
        if self._kept > self._room:
            self._make_room()

    def extend(self, points: Iterable[Point]) -> None:
        """Add points after all others."""
        for point in points:
            self.append(point)

    def to_lists(self) -> list[list[float | None]]:
        """Return `[step, value, offset]` of each point; a value that JSON cannot hold is None."""
        return [to_list(point) for point in self.points]

    @property
    def _room(self) -> int:
        """How many points the runs may keep: first and last may have to stand beside them."""
        return self._limit - 2 if self.is_sampled else self._limit

    def _make_room(self) -> None:
        """Join runs two by two until half of the room is free, so that this is seldom needed."""
        while self._kept > self._limit // 2:
            if len(self._runs) % 2 == 0:
                self._in_last += self._length
            pairs = (self._runs[place : place + 2] for place in range(0, len(self._runs), 2))
            self._runs = [_extremes([point for run in pair for point in run]) for pair in pairs]
            self._length *= 2
            self._kept = sum(map(len, self._runs))


def to_list(point: Point) -> list[float | None]:
    """Return `[step, value, offset]` of a point; a value that JSON cannot hold is None."""
    return [point.step, point.value if math.isfinite(point.value) else None, point.offset]


def _extremes(points: list[Point]) -> list[Point]:
    """Keep the smallest, the largest, and the first gap of some points, in their order."""
    finite = [place for place, point in enumerate(points) if math.isfinite(point.value)]
    gap = next(
        (place for place, point in enumerate(points) if not math.isfinite(point.value)), None
    )
    places = set() if gap is None else {gap}
    if finite:
        places |= {
            min(finite, key=lambda place: points[place].value),
            max(finite, key=lambda place: points[place].value),
        }
    return [points[place] for place in sorted(places)]
