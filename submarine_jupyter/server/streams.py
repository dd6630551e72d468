"""The live records of one experiment, or of all: status, events, log lines, the end."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import NotFound
from ..logs import Cursor, LineSplitter
from ..logs.lines import Lines
from ..spec import Status
from .service import ExperimentService
from .store import DELETION, Event, Record
from .submitters.base import PodReport

_POLL = 0.05
_HEARTBEAT = 15.0
_CHUNK = 256 * 1024
_PARTIAL = 4 * 1024
_PARTIAL_EVERY = 0.2


@dataclass(frozen=True)
class StreamRecord:
    """One server-sent event: its kind, the cursor after it, and JSON-ready data."""

    event: str
    cursor: Cursor
    data: dict[str, Any]

    def encode(self) -> bytes:
        """Return it as it travels."""
        data = json.dumps(self.data, separators=(",", ":"))
        return f"event: {self.event}\nid: {self.cursor}\ndata: {data}\n\n".encode()


HEARTBEAT = b": still here\n\n"


class PodTail:
    """Reads the log of one start of a pod as it grows.

    Attributes
    ----------
    newest
        The last start of the pod that is known. When it is another one, this log is final.
    first
        Offset of the oldest byte of the log that is kept, as far as is known.
    """

    def __init__(self, path: Path, pod: str, attempt: int, offset: int) -> None:
        self.pod = pod
        self.attempt = attempt
        self.newest = attempt
        self.first = 0
        self._path = path
        self._descriptor: int | None = None
        self._splitter = LineSplitter(offset)
        self._read_to = offset
        self._told = ""
        self._told_at = 0.0

    @property
    def offset(self) -> int:
        """Byte offset up to which lines were given out."""
        return self._splitter.offset

    def read(self) -> list[Lines]:
        """Return the lines that one further chunk of the log completes."""
        chunk = self._chunk()
        self._read_to += len(chunk)
        return self._splitter.feed(chunk) if chunk else []

    def finish(self) -> list[Lines]:
        """Return the last line when the log ended without a newline."""
        return self._splitter.finish()

    @property
    def at_end(self) -> bool:
        """Whether everything that is in the file now was read."""
        descriptor = self._open()
        return descriptor is None or os.fstat(descriptor).st_size <= self._read_to

    @property
    def is_read(self) -> bool:
        """Whether everything was read that the pod has written by now, in all its starts."""
        return self.newest == self.attempt and self.at_end

    @property
    def has_successor(self) -> bool:
        """Whether there is nothing more to read, and a later start of the pod."""
        return self.newest > self.attempt and self.at_end

    def new_partial(self, now: float) -> str | None:
        """Return what the unfinished line shows now, when that is new and due."""
        # What a carriage return has overwritten is not shown.
        shown = self._splitter.partial.rstrip("\r").rpartition("\r")[2][-_PARTIAL:]
        if shown == self._told or now - self._told_at < _PARTIAL_EVERY:
            return None
        self._told, self._told_at = shown, now
        return shown

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int | None:
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                return None
        return self._descriptor

    def _chunk(self) -> bytes:
        descriptor = self._open()
        if descriptor is None:
            return b""
        chunk = os.pread(descriptor, _CHUNK, self._read_to)
        if chunk.startswith(b"\0") and self._skip_hole(descriptor):
            return os.pread(descriptor, _CHUNK, self._read_to)
        return chunk

    def _skip_hole(self, descriptor: int) -> bool:
        """Go on where the log goes on whose oldest part was dropped; return whether it was."""
        try:
            data = os.lseek(descriptor, self._read_to, os.SEEK_DATA)
        except OSError:  # there is none any more
            return False
        data = max(data, self.first)
        if data == self._read_to:
            return False
        self._read_to = data
        self._splitter = LineSplitter(data)
        return True


def tail_offset(path: Path, lines: int, first: int = 0) -> int:
    """Return the byte offset at which the last `lines` lines of a file begin.

    Parameters
    ----------
    first
        Offset of the first line that is looked at.
    """
    try:
        with path.open("rb") as file:
            position = file.seek(0, os.SEEK_END)
            # The newline that ends the last line begins no line.
            wanted = lines + 1
            while position > first:
                start = max(first, position - _CHUNK)
                file.seek(start)
                block = file.read(position - start)
                found = block.count(b"\n")
                if found >= wanted:
                    edge = len(block)
                    for _ in range(wanted):
                        edge = block.rindex(b"\n", 0, edge)
                    return start + edge + 1
                wanted -= found
                position = start
    except FileNotFoundError:
        pass
    return first


class ExperimentStream:
    """The records of one experiment after a cursor.

    Parameters
    ----------
    cursor
        Where the reader is; None for a new reader.
    tail
        A new reader gets at most this many of the lines that are there, each pod.
    pods
        Only these pods' logs; None for all.
    """

    def __init__(
        self,
        service: ExperimentService,
        experiment_id: str,
        cursor: Cursor | None = None,
        tail: int | None = None,
        pods: Sequence[str] | None = None,
    ) -> None:
        self._service = service
        self._id = experiment_id
        self._cursor = cursor or Cursor()
        self._tail = tail
        self._wanted = pods
        self._tails: dict[str, PodTail] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the stream as bytes: records, and a comment every 15 s of silence."""
        feed = self._service.feed
        sent = time.monotonic()
        seen = -1
        record: Record | None = None
        try:
            while not feed.closed:
                version = feed.version
                if version != seen:
                    record, news = await asyncio.to_thread(self._news, record)
                    seen = version
                    for item in news:
                        yield item.encode()
                        sent = time.monotonic()
                # Looked at before the logs: what is over then has all its bytes in the files.
                status = Status.DELETED if record is None else record.status
                for item in self._logs():
                    yield item.encode()
                    sent = time.monotonic()
                if not all(tail.is_read for tail in self._tails.values()):
                    await asyncio.sleep(0)  # other readers get their turn between the chunks
                    continue
                if status.is_terminal:
                    for item in self._last_lines():
                        yield item.encode()
                    yield self._record("end", {"status": status.value}).encode()
                    return
                if time.monotonic() - sent > _HEARTBEAT:
                    yield HEARTBEAT
                    sent = time.monotonic()
                await feed.wait(seen, _POLL)
        finally:
            for tail in self._tails.values():
                tail.close()

    def _news(self, before: Record | None) -> tuple[Record | None, list[StreamRecord]]:
        """Return the experiment as it is now, and its status and events since the cursor."""
        try:
            record = self._service.get(self._id)
        except NotFound:
            return None, []
        # Before the first record, whose cursor has to say where each pod's lines begin.
        for pod in self._service.report(record).pods:
            self._follow(pod)
        happened = self._service.store.events(self._cursor.events, self._id)
        news = []
        if before is None or record != before:
            news.append(self._record("status", record.to_wire()))
        for event in happened:
            self._cursor = self._cursor.with_events(event.number)
            news.append(self._record("event", event.to_wire()))
        return record, news

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
        place = self._cursor.pods.get(pod.name)
        if place is not None:
            return self._tail_of(pod.name, place.attempt, place.offset)
        if self._tail is None:
            return self._tail_of(pod.name, 1, 0)
        path = self._service.log_file(self._id, pod.name, pod.attempt)
        offset = tail_offset(path, self._tail, pod.log_first)
        self._cursor = self._cursor.with_pod(pod.name, pod.attempt, offset)
        return self._tail_of(pod.name, pod.attempt, offset)

    def _tail_of(self, pod: str, attempt: int, offset: int) -> PodTail:
        return PodTail(self._service.log_file(self._id, pod, attempt), pod, attempt, offset)

    def _logs(self) -> Iterator[StreamRecord]:
        """Read one chunk of every pod's log."""
        for tail in self._tails.values():
            for lines in tail.read():
                yield self._log(tail, lines)
            partial = tail.new_partial(time.monotonic())
            if partial is not None:
                yield self._record("log", {**_place(tail, tail.offset), "partial": partial})
        for tail in [tail for tail in self._tails.values() if tail.has_successor]:
            yield from self._rest(tail)
            tail.close()
            following = self._tail_of(tail.pod, tail.attempt + 1, 0)
            following.newest = tail.newest
            self._tails[tail.pod] = following

    def _last_lines(self) -> Iterator[StreamRecord]:
        for tail in self._tails.values():
            yield from self._rest(tail)

    def _rest(self, tail: PodTail) -> Iterator[StreamRecord]:
        for lines in tail.finish():
            yield self._log(tail, lines)

    def _log(self, tail: PodTail, lines: Lines) -> StreamRecord:
        self._cursor = self._cursor.with_pod(tail.pod, tail.attempt, lines.end)
        data = {**_place(tail, lines.offset), "lines": lines.texts}
        return self._record("log", data | ({"continued": True} if lines.continued else {}))

    def _record(self, event: str, data: dict[str, Any]) -> StreamRecord:
        return StreamRecord(event, self._cursor, data)


def _place(tail: PodTail, offset: int) -> dict[str, Any]:
    return {"pod": tail.pod, "attempt": tail.attempt, "offset": offset, "lines": []}


class AllExperimentsStream:
    """Statuses, events and deletions of all experiments after a cursor."""

    def __init__(self, service: ExperimentService, cursor: Cursor | None = None) -> None:
        self._service = service
        self._cursor = cursor

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the stream as bytes; without a cursor, every experiment first."""
        feed = self._service.feed
        sent = time.monotonic()
        seen = -1
        while not feed.closed:
            version = feed.version
            if version != seen:
                seen = version
                for record in await asyncio.to_thread(self._news):
                    yield record.encode()
                    sent = time.monotonic()
            if time.monotonic() - sent > _HEARTBEAT:
                yield HEARTBEAT
                sent = time.monotonic()
            await feed.wait(seen, _HEARTBEAT)

    def _news(self) -> list[StreamRecord]:
        store = self._service.store
        if self._cursor is None:
            self._cursor = Cursor(store.last_event())
            return [self._status(record) for record in self._service.find().records]
        news: list[StreamRecord] = []
        happened = store.events(self._cursor.events)
        changed = {event.experiment_id: event for event in happened}
        for event in happened:
            self._cursor = self._cursor.with_events(event.number)
            if changed[event.experiment_id] is event:
                news.append(self._state(event))
            if event.kind != DELETION:
                data = {"experimentId": event.experiment_id, **event.to_wire()}
                news.append(StreamRecord("event", self._cursor, data))
        return news

    def _state(self, event: Event) -> StreamRecord:
        record = self._service.store.get(event.experiment_id)
        if record is not None:
            return self._status(record)
        assert self._cursor is not None  # noqa: S101 - set by the caller
        return StreamRecord("deleted", self._cursor, {"experimentId": event.experiment_id})

    def _status(self, record: Record) -> StreamRecord:
        assert self._cursor is not None  # noqa: S101 - set by the caller
        return StreamRecord("status", self._cursor, record.to_wire(summary=True))
