"""A server's whole answers, taken one after another, made into the records of a stream.

Apache Submarine has no streams: it answers each pod's whole log every time, and leaves out a pod
that is not ready together with all that come after it. So a missing pod says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from .cursor import Cursor
from .records import Record
from .wholelog import Batch, WholeLog

TERMINAL = frozenset({"Succeeded", "Failed", "Deleted"})

_POD_NAME = re.compile(r"[A-Za-z0-9._-]+")
_END_OF_LINE = 64


class PodLines(NamedTuple):
    """The whole log of a pod as an answer has it."""

    name: str
    lines: Sequence[str]


class Snapshot(NamedTuple):
    """An experiment, and the logs of its pods, which were asked for after it."""

    experiment: dict[str, Any]
    pods: Sequence[PodLines]

    @classmethod
    def read(cls, experiment: Any, logs: Any) -> Snapshot:
        """Take the results of two answers; ValueError if they are not what the API has."""
        match experiment, logs:
            case {"status": str()} as known, {"logContent": list() | None as content}:
                return cls(known, [_pod_lines(entry) for entry in content or ()])
        raise ValueError("the answer is no experiment with its log")

    @property
    def is_over(self) -> bool:
        """Whether nothing more is written."""
        return self.experiment["status"] in TERMINAL

    @property
    def extent(self) -> object:
        """What is another value when there is anything new."""
        ends = [
            (pod.name, len(pod.lines), len(pod.lines[-1]), pod.lines[-1][-_END_OF_LINE:])
            for pod in self.pods
            if pod.lines
        ]
        return self.experiment, ends


class SnapshotReader:
    """Tells one reader what is new in each snapshot.

    Of the logs it keeps counts and marks, so that it may be given as many as it likes.

    Parameters
    ----------
    after
        Cursor of the last record that the reader has; None for a new one.
    tail
        A new reader gets at most this many of the lines that are there, each pod.
    pods
        Only these pods' logs; None for all.
    """

    def __init__(
        self,
        after: Cursor | None = None,
        tail: int | None = None,
        pods: Collection[str] | None = None,
    ) -> None:
        self._cursor = after or Cursor()
        self._tail = tail if after is None else None
        self._wanted = pods
        self._logs: dict[str, WholeLog] = {}
        self._experiment: dict[str, Any] | None = None
        self._told_status = False

    def resume(self) -> None:
        """Have the next records begin with a `status`, as those of a new connection do."""
        self._told_status = False

    def take(self, snapshot: Snapshot) -> Iterator[Record]:
        """Yield what is new: `status`, `log`, and `end` when the experiment is over.

        It may be left at any record for a later snapshot.
        """
        pods = [pod for pod in snapshot.pods if self._wanted is None or pod.name in self._wanted]
        self._find_places(pods, over=snapshot.is_over)
        if snapshot.experiment != self._experiment or not self._told_status:
            self._experiment, self._told_status = snapshot.experiment, True
            yield self._record("status", snapshot.experiment)
        for pod in pods:
            if pod.lines and pod.name in self._logs:
                yield from self._news(pod, over=snapshot.is_over)
        if snapshot.is_over:
            yield from self._end(snapshot.experiment["status"])

    def gone(self) -> Iterator[Record]:
        """Yield what is left to say of an experiment that the server knows no more.

        Of one that was never seen there is nothing to say.
        """
        return iter(()) if self._experiment is None else self._end("Deleted")

    def _find_places(self, pods: Sequence[PodLines], *, over: bool) -> None:
        """Find out where in the logs the reader is, before the first record has to say it."""
        for name, lines in pods:
            if name in self._logs:
                continue
            place = self._cursor.pods.get(name)
            if place is None:
                self._logs[name] = self._begin(name, lines, over=over)
            elif lines:
                self._logs[name] = WholeLog.at(place, lines) or WholeLog(place.attempt + 1)
        # A pod that comes later has written nothing before the reader came.
        self._tail = None

    def _begin(self, name: str, lines: Sequence[str], *, over: bool) -> WholeLog:
        if self._tail is None:
            return WholeLog()
        # The last line may still grow; it cannot be left out before it is whole.
        log = WholeLog.before(self._tail if over else max(self._tail, 1), lines)
        self._cursor = self._cursor.with_pod(name, log.attempt, log.offset)
        return log

    def _news(self, pod: PodLines, *, over: bool) -> Iterator[Record]:
        log = self._logs[pod.name]
        if not log.continues(pod.lines, over=over):
            # Restarted, or rotated: the lines seen last belong to the attempt before.
            last = log.finish()
            before, log = log.attempt, WholeLog(log.attempt + 1)
            self._logs[pod.name] = log
            if last:
                yield self._lines(pod.name, before, last)
        for batch in log.batches(pod.lines, over=over):
            yield self._lines(pod.name, log.attempt, batch)
        partial = log.new_partial()
        if partial is not None:
            yield self._record(
                "log", {**_place(pod.name, log.attempt, log.offset), "partial": partial}
            )

    def _end(self, status: str) -> Iterator[Record]:
        # A pod that has vanished will not show whether its last line was whole.
        for name, log in self._logs.items():
            last = log.finish()
            if last:
                yield self._lines(name, log.attempt, last)
        yield self._record("end", {"status": status})

    def _lines(self, pod: str, attempt: int, batch: Batch) -> Record:
        log = self._logs[pod]
        self._cursor = self._cursor.with_pod(pod, log.attempt, log.offset)
        data = {**_place(pod, attempt, batch.offset), "lines": batch.lines}
        return self._record("log", data | ({"continued": True} if batch.continued else {}))

    def _record(self, event: str, data: dict[str, Any]) -> Record:
        return Record(event, str(self._cursor), data)


def _place(pod: str, attempt: int, offset: int) -> dict[str, Any]:
    return {"pod": pod, "attempt": attempt, "offset": offset, "lines": []}


def _pod_lines(entry: object) -> PodLines:
    match entry:
        case {"podName": str(name), "podLog": list() | None as log} if _POD_NAME.fullmatch(name):
            lines = log or []
        case _:
            raise ValueError("the answer holds a log that is none of a pod")
    if not all(isinstance(line, str) for line in lines):
        raise ValueError(f"the log of {name} is no list of lines")
    while lines and not lines[-1]:
        lines.pop()
    return PodLines(name, lines)
