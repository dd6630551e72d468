"""The stream of one experiment for one who follows it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from itertools import chain

from ...logs import Cursor
from ..service import ExperimentService
from .reader import ExperimentReader
from .records import HEARTBEAT, HEARTBEAT_SECONDS, joined
from .sharing import SharedReader, SharedReaders

_LOOK = 0.05


class ExperimentStream:
    """The records of one experiment after a cursor, as bytes.

    Who follows all pods reads by himself until he is level with the shared reader, and takes from
    that one afterwards. Who follows some pods only reads by himself to the end.

    Parameters
    ----------
    cursor, tail, pods
        See `ExperimentReader`.
    """

    def __init__(  # noqa: PLR0913 - what a request for a stream can say
        self,
        service: ExperimentService,
        readers: SharedReaders,
        experiment_id: str,
        *,
        cursor: Cursor | None = None,
        tail: int | None = None,
        pods: Sequence[str] | None = None,
    ) -> None:
        self._service = service
        self._readers = readers
        self._id = experiment_id
        self._shares = pods is None
        self._reader = ExperimentReader(
            service, readers.metrics, experiment_id, cursor=cursor, tail=tail, pods=pods
        )
        # Of the next record to take from the shared reader; None while not level with it.
        self._number: int | None = None
        self._done = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield records, and a comment every 15 s of silence."""
        shared = self._readers.enter(self._id, self._reader) if self._shares else None
        try:
            if shared is not None and shared.reader is self._reader:
                self._number = 0
            while not self._done and not self._service.feed.closed:
                if shared is None or self._number is None:
                    chunks = self._read_alone(shared)
                else:
                    chunks = self._follow(shared, self._number)
                async for chunk in chunks:
                    yield chunk
        finally:
            if shared is not None:
                self._readers.leave(self._id, shared)

    async def _read_alone(self, shared: SharedReader | None) -> AsyncIterator[bytes]:
        """Yield what is read alone: to the end, or until level with the shared reader."""
        reader, feed = self._reader, self._service.feed
        sent = time.monotonic()
        try:
            while not feed.closed:
                news = await reader.news()
                is_over = reader.is_over
                leader = shared.reader if shared is not None and not shared.is_over else None
                bound = leader.cursor if leader else None
                pieces = joined(chain(news, reader.lines(bound), reader.points()))
                last = next(pieces, b"")
                for piece in pieces:
                    yield last
                    last = piece
                if shared is not None and leader is not None and reader.is_level_with(leader):
                    # Taken now: the shared reader goes on while these records are sent.
                    self._number = shared.next
                elif is_over and reader.is_read and not reader.awaits_points:
                    last += b"".join(record.encode() for record in reader.end())
                    self._done = True
                if last:
                    yield last
                    sent = time.monotonic()
                if self._done or self._number is not None:
                    return
                if not last:
                    if shared is not None:
                        shared.hurry()
                    await feed.wait(reader.version, _LOOK)
                if time.monotonic() - sent > HEARTBEAT_SECONDS:
                    yield HEARTBEAT
                    sent = time.monotonic()
        finally:
            reader.close()

    async def _follow(self, shared: SharedReader, number: int) -> AsyncIterator[bytes]:
        """Yield what the shared reader reads: to the end, or until too far behind it."""
        cursor = self._reader.cursor
        while (new := shared.since(number)) is not None:
            if new:
                number += len(new)
                cursor = new[-1].cursor
                yield b"".join(kept.record for kept in new)
            elif shared.is_over or self._service.feed.closed:
                self._done = True
                return
            elif not await shared.more(HEARTBEAT_SECONDS):
                yield HEARTBEAT
        self._number = None
        self._reader = ExperimentReader(
            self._service, self._readers.metrics, self._id, cursor=cursor
        )
