"""What an experiment's stream holds from a cursor on: read step by step, sent by nobody yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import NotFound
from ...logs import Cursor
from ...logs.cursor import Position
from ...logs.lines import Lines
from ...spec import Status
from ..metrics import ExperimentMetrics, Metrics
from ..service import ExperimentService
from ..store import Event, Record
from ..submitters.base import PodReport
from .records import StreamRecord, log_data
from .tails import Change, PodTail, tail_offset

_BEGINNING = Position(1, 0)
_POINTS_PATIENCE = 5.0
_CHANGES = {
    Change.CUT: ("LogCut", "somebody has cut its log; what is written from now on follows"),
    Change.GONE: (
        "LogGone",
        "somebody has removed or renamed its log; who follows it sees the rest, others nothing",
    ),
}


class ExperimentReader:
    """Reads the records of one experiment after a cursor.

    Parameters
    ----------
    cursor
        Where to begin; None for the beginning.
    tail
        Without a cursor, begin with at most this many of the lines that are there, each pod.
    pods
        Only these pods' logs; None for all.

    Attributes
    ----------
    cursor
        Behind the last record that was read.
    version
        Of the service's feed, when the store was last looked at.
    """

    def __init__(  # noqa: PLR0913 - where to read, and what a request can say
        self,
        service: ExperimentService,
        metrics: Metrics,
        experiment_id: str,
        *,
        cursor: Cursor | None = None,
        tail: int | None = None,
        pods: Sequence[str] | None = None,
    ) -> None:
        self.cursor = cursor or Cursor()
        self.version = -1
        self._service = service
        self._metrics = metrics
        self._found: ExperimentMetrics | None = None
        self._seen_metrics = 0
        self._wake: Callable[[], None] | None = None
        self._over_since = 0.0
        self._id = experiment_id
        self._tail = tail
        self._wanted = pods
        self._tails: dict[str, PodTail] = {}
        self._record: Record | None = None
        self._status: Status | None = None

    def wake_by(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, from another thread, when metrics were found."""
        self._wake = wake

    async def news(self) -> list[StreamRecord]:
        """Return status and events since the last time; without any change, nothing."""
        if self._found is None:
            self._found = self._metrics.enter(self._id)
            if self._wake is not None:
                self._found.listeners.add(self._wake)
        version = self._service.feed.version
        if version == self.version:
            return []
        records = await asyncio.to_thread(self._news)
        self.version = version
        return records

    def lines(self, bound: Cursor | None = None) -> Iterator[StreamRecord]:
        """Yield what one further chunk of each pod's log holds.

        Parameters
        ----------
        bound
            Not to be passed, where this reader is behind it.
        """
        for tail in self._tails.values():
            yield from self._changed(tail)
            for lines in tail.read(_limit(tail, bound)):
                yield self._log(tail, lines)
            partial = tail.new_partial(time.monotonic())
            if partial is not None:
                yield self._partial(tail, partial)
        for tail in [tail for tail in self._tails.values() if tail.has_successor]:
            yield from self._rest(tail)
            tail.close()
            following = self._tail_of(tail.pod, tail.attempt + 1, 0)
            following.newest = tail.newest
            self._tails[tail.pod] = following
            self.cursor = self.cursor.with_pod(tail.pod, following.attempt, 0)

    def points(self) -> Iterator[StreamRecord]:
        """Yield the points of metrics that were found since the last time."""
        if self._found is not None:
            self._seen_metrics, found = self._found.since(self._seen_metrics)
            for data in found:
                yield self._make("metric", data)

    @property
    def awaits_points(self) -> bool:
        """Whether the logs of a run that is over may still hold points; not for ever."""
        found = self._found
        waited = time.monotonic() - self._over_since
        return found is not None and not found.is_complete and waited < _POINTS_PATIENCE

    @property
    def is_read(self) -> bool:
        """Whether everything was read that is in the logs by now."""
        return all(tail.is_read for tail in self._tails.values())

    @property
    def has_partial(self) -> bool:
        """Whether an unfinished line is to be told soon."""
        return any(tail.has_partial for tail in self._tails.values())

    @property
    def is_over(self) -> bool:
        """Whether the experiment was over when the store was last looked at.

        All its bytes were in the files then.
        """
        return self._status is not None and self._status.is_terminal

    def end(self) -> Iterator[StreamRecord]:
        """Yield the last lines, the last points and the end of one that is over and read."""
        for tail in self._tails.values():
            yield from self._rest(tail)
        # The last ones may have been found since the last look, and waited for no longer.
        yield from self.points()
        status = self._status or Status.DELETED
        yield self._make("end", {"status": status.value})

    def is_level_with(self, other: ExperimentReader) -> bool:
        """Whether both have read the same."""
        mine, theirs = self.cursor, other.cursor
        return (
            self.version == other.version
            and self._seen_metrics == other._seen_metrics
            and mine.events == theirs.events
            and all(
                mine.pods.get(pod, _BEGINNING) == theirs.pods.get(pod, _BEGINNING)
                for pod in {*mine.pods, *theirs.pods}
            )
        )

    @property
    def paths(self) -> list[Path]:
        """The logs that may grow."""
        return [tail.path for tail in self._tails.values()]

    def close(self) -> None:
        """Close the logs, and want no metrics any longer."""
        if self._found is not None:
            if self._wake is not None:
                self._found.listeners.discard(self._wake)
            self._metrics.leave(self._id, self._found)
            self._found = None
        for tail in self._tails.values():
            tail.close()

    def _news(self) -> list[StreamRecord]:
        try:
            record = self._service.get(self._id)
        except NotFound:
            self._status = Status.DELETED
            return []
        # Before the first record, whose cursor has to say where each pod's lines begin.
        for pod in self._service.report(record).pods:
            self._follow(pod)
        happened = self._service.store.events(self.cursor.events, self._id)
        news = []
        if record != self._record:
            self._record, self._status = record, record.status
            if record.status.is_terminal:
                self._over_since = time.monotonic()
                self._metrics.hurry()
            news.append(self._make("status", record.to_wire()))
        for event in happened:
            self.cursor = self.cursor.with_events(event.number)
            news.append(self._make("event", event.to_wire()))
        return news

    def _follow(self, pod: PodReport) -> None:
        if self._wanted is not None and pod.name not in self._wanted:
            return
        if pod.name not in self._tails:
            self._tails[pod.name] = self._begin(pod)
        tail = self._tails[pod.name]
        tail.newest = pod.attempt
        tail.first = pod.log_first if pod.attempt == tail.attempt else 0

    def _begin(self, pod: PodReport) -> PodTail:
        """Return the tail of a pod from where the reader is: each start of it, one by one."""
        place = self.cursor.pods.get(pod.name)
        if place is not None:
            return self._tail_of(pod.name, place.attempt, place.offset)
        if self._tail is None:
            return self._tail_of(pod.name, *_BEGINNING)
        path = self._service.log_file(self._id, pod.name, pod.attempt)
        offset = tail_offset(path, self._tail, pod.log_first)
        self.cursor = self.cursor.with_pod(pod.name, pod.attempt, offset)
        return self._tail_of(pod.name, pod.attempt, offset)

    def _tail_of(self, pod: str, attempt: int, offset: int) -> PodTail:
        return PodTail(self._service.log_file(self._id, pod, attempt), pod, attempt, offset)

    def _changed(self, tail: PodTail) -> Iterator[StreamRecord]:
        """Yield what tells that somebody has changed a log by hand."""
        change = tail.change()
        if change is None or (change is Change.GONE and not self._service.stays(self._id)):
            return
        if change is Change.CUT:
            yield from self._rest(tail)
        happened = Event(self._id, time.time(), "warning", *_CHANGES[change], tail.pod)
        yield self._make("event", happened.to_wire())
        if change is Change.CUT:
            tail.begin_anew()
            self.cursor = self.cursor.with_pod(tail.pod, tail.attempt, 0)
            yield self._make("log", {**_place(tail), "lines": [], "anew": True})

    def _rest(self, tail: PodTail) -> Iterator[StreamRecord]:
        for lines in tail.finish():
            yield self._log(tail, lines)

    def _log(self, tail: PodTail, lines: Lines) -> StreamRecord:
        self.cursor = self.cursor.with_pod(tail.pod, tail.attempt, lines.end)
        return StreamRecord("log", self.cursor, log_data(tail.pod, tail.attempt, lines))

    def _partial(self, tail: PodTail, text: str) -> StreamRecord:
        return self._make("log", {**_place(tail), "lines": [], "partial": text})

    def _make(self, event: str, data: dict[str, Any]) -> StreamRecord:
        return StreamRecord.of(event, self.cursor, data)


def _place(tail: PodTail) -> dict[str, Any]:
    return {"pod": tail.pod, "attempt": tail.attempt, "offset": tail.offset}


def _limit(tail: PodTail, bound: Cursor | None) -> int | None:
    """Return the offset that a tail may read up to; None where it is not behind."""
    place = bound.pods.get(tail.pod, _BEGINNING) if bound is not None else None
    if place is None or place.attempt != tail.attempt or place.offset < tail.offset:
        return None
    return place.offset
