"""Metrics out of the logs of runs, while they are written, by a thread that nobody waits for."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import NotFound
from ..logs.metrics import MetricReader, Point
from ..logs.series import Series, to_list
from .service import ExperimentService
from .submitters.base import PodReport

log = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_TURN = 16
_LAG = 5.0
_LOOK = 0.1
_RECENT = 20_000
_MAX_SERIES = 200
_FINISHED = 32


class Key(NamedTuple):
    """Which series: a metric of one start of a pod."""

    pod: str
    attempt: int
    name: str


class PodMetrics:
    """Reads one log on from where it was, in leaps when it is far behind.

    Attributes
    ----------
    is_sampled
        Whether it has leapt over some of the log.
    """

    def __init__(self, path: Path, first: int = 0) -> None:
        self._path = path
        self.is_sampled = False
        self._reader = MetricReader(first)
        self._read_to = first
        self._rate = 0.0
        self._finished = False

    def read(self, end: int | None) -> list[Point]:
        """Return the points of some more chunks.

        Parameters
        ----------
        end
            Final length of the log; None while it may grow.
        """
        points: list[Point] = []
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return points
        try:
            for _ in range(_TURN):
                self._leap(os.fstat(descriptor).st_size, descriptor)
                begun = time.perf_counter()
                chunk = os.pread(descriptor, _CHUNK, self._read_to)
                if not chunk:
                    break
                self._read_to += len(chunk)
                points += self._reader.feed(chunk)
                self._rate = len(chunk) / (time.perf_counter() - begun + 1e-9)
        finally:
            os.close(descriptor)
        if end is not None and self._read_to >= end and not self._finished:
            self._finished = True
            points += self._reader.finish()
        return points

    def is_behind(self) -> bool:
        """Whether there is more to read by now."""
        try:
            return self._path.stat().st_size > self._read_to
        except FileNotFoundError:
            return False

    def _leap(self, size: int, descriptor: int) -> None:
        """Leave out some of what could not be read within the time."""
        behind = size - self._read_to
        if not self._rate or behind < _LAG * self._rate:
            return
        self.is_sampled = True
        target = self._read_to + int(behind - _LAG * self._rate) // _TURN
        newline = os.pread(descriptor, _CHUNK, target).find(b"\n")
        self._read_to = target + newline + 1
        self._reader = MetricReader(self._read_to)


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
    """

    followers: int = 0
    listeners: set[Callable[[], None]] = field(default_factory=set)
    count: int = 0
    is_complete: bool = False
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

    def read(self, pods: list[tuple[PodReport, Path]]) -> bool:
        """Read on in the logs; return whether there is more to read already."""
        for pod, path in pods:
            metrics = self._pods.setdefault(
                (pod.name, pod.attempt), PodMetrics(path, pod.log_first)
            )
            points = metrics.read(pod.log_size)
            if points:
                self._take(pod, points)
        return any(metrics.is_behind() for metrics in self._pods.values())

    def _take(self, pod: PodReport, points: list[Point]) -> None:
        with self._lock:
            for point in points:
                key = Key(pod.name, pod.attempt, point.name)
                if key not in self._series and len(self._series) >= _MAX_SERIES:
                    continue
                self._series.setdefault(key, Series()).append(point)
                self._recent.append((key, point))
                self.count += 1
        for listener in list(self.listeners):
            listener()

    def _is_sampled(self, key: Key, series: Series) -> bool:
        return series.is_sampled or self._pods[key.pod, key.attempt].is_sampled


class Metrics:
    """Finds the metrics of whatever experiment somebody wants them of."""

    def __init__(self, service: ExperimentService) -> None:
        self._service = service
        self._wanted: dict[str, ExperimentMetrics] = {}
        self._finished: OrderedDict[str, ExperimentMetrics] = OrderedDict()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin to read for those who ask."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def enter(self, experiment_id: str) -> ExperimentMetrics:
        """Return the metrics of an experiment, which are read from now on until `leave`."""
        with self._lock:
            known = self._wanted.get(experiment_id) or self._finished.get(experiment_id)
            metrics = known or ExperimentMetrics()
            metrics.followers += 1
            if not metrics.is_complete:
                self._wanted[experiment_id] = metrics
        self._wake.set()
        return metrics

    def hurry(self) -> None:
        """Look at once: a run may be over."""
        self._wake.set()

    def leave(self, experiment_id: str, metrics: ExperimentMetrics) -> None:
        """Say that one more does not want them any longer."""
        with self._lock:
            metrics.followers -= 1
            if metrics.followers == 0:
                self._wanted.pop(experiment_id, None)

    def series(self, experiment_id: str) -> list[dict[str, Any]]:
        """Return the series that are in the logs by now, as far as some seconds allow."""
        metrics = self.enter(experiment_id)
        try:
            metrics.has_caught_up.clear()
            if not metrics.is_complete:
                metrics.has_caught_up.wait(_LAG)
            return metrics.series()
        finally:
            self.leave(experiment_id, metrics)

    def _watch(self) -> None:
        while not self._stopping:
            self._wake.clear()
            is_behind = False
            for experiment_id, metrics in list(self._wanted.items()):
                try:
                    is_behind |= self._read(experiment_id, metrics)
                except NotFound:
                    metrics.is_complete = True
                    metrics.has_caught_up.set()
                except Exception:
                    log.exception("the metrics of %s cannot be read", experiment_id)
            # Between two turns everybody else gets his.
            self._wake.wait(0.001 if is_behind else _LOOK if self._wanted else 1.0)

    def _read(self, experiment_id: str, metrics: ExperimentMetrics) -> bool:
        record = self._service.get(experiment_id)
        service = self._service
        pods = [
            (pod, service.log_file(experiment_id, pod.name, pod.attempt))
            for pod in service.report(record).pods
        ]
        is_behind = metrics.read(pods)
        if not is_behind:
            if record.status.is_terminal:
                self._complete(experiment_id, metrics)
            metrics.has_caught_up.set()
        return is_behind

    def _complete(self, experiment_id: str, metrics: ExperimentMetrics) -> None:
        metrics.is_complete = True
        with self._lock:
            self._wanted.pop(experiment_id, None)
            self._finished[experiment_id] = metrics
            if len(self._finished) > _FINISHED:
                self._finished.popitem(last=False)
        for listener in list(metrics.listeners):
            listener()


def waking(event: asyncio.Event) -> Callable[[], None]:
    """Return what sets an event of the running loop from any thread."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    return wake


def _data(key: Key, points: list[list[float | None]]) -> dict[str, Any]:
    return {**key._asdict(), "points": points}
