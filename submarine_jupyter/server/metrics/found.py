"""The series of one experiment, as far as they were found."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ...logs.metrics import Point, Rule
from ...logs.series import Series, to_list
from ..submitters.base import PodReport
from .pods import PodMetrics

_RECENT = 20_000
_MAX_SERIES = 200


class Key(NamedTuple):
    """Which series: a metric of one start of a pod, since its log was last cut short."""

    pod: str
    attempt: int
    name: str
    cuts: int = 0


class PodLog(NamedTuple):
    """A log to find metrics in, and the user's own rule for that, if there is one."""

    pod: PodReport
    path: Path
    rule: Rule | None


@dataclass
class ExperimentMetrics:
    """The series of one experiment, as far as they were found.

    Attributes
    ----------
    followers
        How many want them.
    listeners
        Called, from the thread, when points were found.
    count
        How many points were found.
    is_complete
        Whether the run is over and all of its logs were read.
    logs, is_final
        Where to look for them, and whether the run was over then.
    version
        Of the service's feed, when that was looked up.
    """

    followers: int = 0
    listeners: set[Callable[[], None]] = field(default_factory=set)
    count: int = 0
    is_complete: bool = False
    logs: Sequence[PodLog] = ()
    is_final: bool = False
    version: int = -1
    has_caught_up: threading.Event = field(default_factory=threading.Event)
    _pods: dict[tuple[str, int], PodMetrics] = field(default_factory=dict)
    _series: dict[Key, Series] = field(default_factory=dict)
    _recent: deque[tuple[Key, Point]] = field(default_factory=lambda: deque(maxlen=_RECENT))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def since(self, seen: int) -> tuple[int, list[dict[str, Any]]]:
        """Return the count now, and what was found since it was `seen`, as stream data.

        For a newcomer, and for one who was away too long, that is every series.
        """
        with self._lock:
            if seen == self.count:
                return seen, []
            first = self.count - len(self._recent)
            if seen == 0 or seen < first:
                found = [_data(key, series.to_lists()) for key, series in self._series.items()]
                return self.count, found
            grouped: dict[Key, list[Point]] = {}
            for key, point in list(self._recent)[seen - first :]:
                grouped.setdefault(key, []).append(point)
            return self.count, [
                _data(key, [to_list(point) for point in points]) for key, points in grouped.items()
            ]

    def series(self) -> list[dict[str, Any]]:
        """Return every series, JSON-ready."""
        with self._lock:
            return [
                {**_data(key, series.to_lists()), "sampled": self._is_sampled(key, series)}
                for key, series in self._series.items()
            ]

    def read(self) -> bool:
        """Read on in the logs; return whether there is more to read already."""
        for pod, path, rule in self.logs:
            key = (pod.name, pod.attempt)
            if key not in self._pods:
                self._pods[key] = PodMetrics(path, pod.log_first, rule)
            points = self._pods[key].read(pod.log_size)
            if points:
                self._take(pod, self._pods[key].cuts, points)
        return any(metrics.is_behind() for metrics in self._pods.values())

    def _take(self, pod: PodReport, cuts: int, points: list[Point]) -> None:
        with self._lock:
            if cuts:
                self._forget(pod, cuts)
            for point in points:
                key = Key(pod.name, pod.attempt, point.name, cuts)
                if key not in self._series and len(self._series) >= _MAX_SERIES:
                    continue
                self._series.setdefault(key, Series()).append(point)
                self._recent.append((key, point))
                self.count += 1
        for listener in list(self.listeners):
            listener()

    def _forget(self, pod: PodReport, cuts: int) -> None:
        """Drop what was found before the last cut: the lines it comes from are gone."""
        for key in [key for key in self._series if key[:2] == (pod.name, pod.attempt)]:
            if key.cuts < cuts:
                del self._series[key]

    def _is_sampled(self, key: Key, series: Series) -> bool:
        return series.is_sampled or self._pods[key.pod, key.attempt].is_sampled


def _data(key: Key, points: list[list[float | None]]) -> dict[str, Any]:
    data = {**key._asdict(), "points": points}
    if not key.cuts:
        del data["cuts"]
    return data
