"""The thread that finds metrics, for whatever experiment somebody wants them of."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import NotFound
from ..metric_rules import rule_for
from ..service import ExperimentService
from .found import ExperimentMetrics, PodLog
from .pods import LAG

log = logging.getLogger(__name__)

_LOOK = 0.1
_FINISHED = 32
_LONGEST_PAUSE = 1.0


class Metrics:
    """Finds the metrics of whatever experiment somebody wants them of."""

    def __init__(self, service: ExperimentService) -> None:
        self._service = service
        self._wanted: dict[str, ExperimentMetrics] = {}
        self._finished: OrderedDict[str, ExperimentMetrics] = OrderedDict()
        self._troubles: dict[str, str] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._pauses = 0
        self._may_read = threading.Event()
        self._may_read.set()
        self._thread = threading.Thread(target=self._watch, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin to read for those who ask."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping = True
        self._may_read.set()
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

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Read nothing meanwhile: somebody waits for what takes the whole interpreter."""
        with self._lock:
            self._pauses += 1
            self._may_read.clear()
        try:
            yield
        finally:
            with self._lock:
                self._pauses -= 1
                if self._pauses == 0:
                    self._may_read.set()

    def hurry(self) -> None:
        """Look at once: a run may be over."""
        self._wake.set()

    def leave(self, experiment_id: str, metrics: ExperimentMetrics) -> None:
        """Say that one more does not want them any longer."""
        with self._lock:
            metrics.followers -= 1
            if metrics.followers == 0 and self._wanted.get(experiment_id) is metrics:
                del self._wanted[experiment_id]

    def series(self, experiment_id: str) -> list[dict[str, Any]]:
        """Return the series that are in the logs by now, as far as some seconds allow."""
        metrics = self.enter(experiment_id)
        try:
            metrics.has_caught_up.clear()
            if not metrics.is_complete:
                metrics.has_caught_up.wait(LAG)
            return metrics.series()
        finally:
            self.leave(experiment_id, metrics)

    def _watch(self) -> None:
        while not self._stopping:
            self._wake.clear()
            is_behind = False
            for experiment_id, metrics in list(self._wanted.items()):
                self._may_read.wait(_LONGEST_PAUSE)
                try:
                    is_behind |= self._read(experiment_id, metrics)
                    self._troubles.pop(experiment_id, None)
                except NotFound:
                    metrics.is_complete = True
                    metrics.has_caught_up.set()
                    self._troubles.pop(experiment_id, None)
                except Exception as error:
                    # It is tried again soon: told each time, it would fill the server's log.
                    if self._troubles.get(experiment_id) != repr(error):
                        log.exception("the metrics of %s cannot be read", experiment_id)
                    self._troubles[experiment_id] = repr(error)
                    metrics.has_caught_up.set()
            if not is_behind:
                self._wake.wait(_LOOK if self._wanted else 1.0)

    def _read(self, experiment_id: str, metrics: ExperimentMetrics) -> bool:
        version = self._service.feed.version
        if version != metrics.version:
            self._look(experiment_id, metrics)
            metrics.version = version
        is_behind = metrics.read()
        if not is_behind:
            if metrics.is_final:
                self._complete(experiment_id, metrics)
            metrics.has_caught_up.set()
        return is_behind

    def _look(self, experiment_id: str, metrics: ExperimentMetrics) -> None:
        """Learn which logs there are, and whether they are final."""
        service = self._service
        record = service.get(experiment_id)
        spec = record.read_spec()
        metrics.logs = [
            PodLog(
                pod,
                service.log_file(experiment_id, pod.name, pod.attempt),
                rule_for(spec, pod.role),
            )
            for pod in service.report(record).pods
        ]
        metrics.is_final = record.status.is_terminal

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
