"""Statuses, events and deletions of all experiments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from ...logs import Cursor
from ..service import ExperimentService
from ..store import DELETION, Event, Query
from .records import HEARTBEAT, HEARTBEAT_SECONDS, StreamRecord

_SOME = 1_000
"""Events that are told at a time."""


class AllExperimentsStream:
    """Statuses, events and deletions of all experiments after a cursor.

    Parameters
    ----------
    cursor
        Where to begin; without one, every experiment comes first.
    """

    def __init__(self, service: ExperimentService, cursor: Cursor | None = None) -> None:
        self._service = service
        self._cursor = cursor

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the stream as bytes, and a comment every 15 s of silence."""
        feed, store = self._service.feed, self._service.store
        if self._cursor is None:
            # Taken before the list, so that nothing is missed.
            self._cursor = Cursor(await asyncio.to_thread(store.last_event))
            pieces = self._pieces(self._cursor)
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece
        sent = time.monotonic()
        seen = -1
        while not feed.closed:
            version = feed.version
            if version != seen:
                happened = await asyncio.to_thread(store.events, self._cursor.events, limit=_SOME)
                if len(happened) < _SOME:
                    seen = version
                if happened:
                    news = await asyncio.to_thread(self._news, happened, self._cursor)
                    self._cursor = news[-1].cursor
                    yield b"".join(record.encode() for record in news)
                    sent = time.monotonic()
            if time.monotonic() - sent > HEARTBEAT_SECONDS:
                yield HEARTBEAT
                sent = time.monotonic()
            await feed.wait(seen, HEARTBEAT_SECONDS)

    def _pieces(self, cursor: Cursor) -> Iterator[bytes]:
        """Yield the summaries of all experiments, some at a time."""
        for texts in self._service.store.listing(Query(summary=True)).texts():
            yield b"".join(StreamRecord("status", cursor, text.encode()).encode() for text in texts)

    def _news(self, happened: list[Event], cursor: Cursor) -> list[StreamRecord]:
        newest = {event.experiment_id: event for event in happened}
        news: list[StreamRecord] = []
        for event in happened:
            cursor = cursor.with_events(event.number)
            if newest[event.experiment_id] is event:
                news.append(self._state(event, cursor))
            if event.kind != DELETION:
                data = {"experimentId": event.experiment_id, **event.to_wire()}
                news.append(StreamRecord.of("event", cursor, data))
        return news

    def _state(self, event: Event, cursor: Cursor) -> StreamRecord:
        record = self._service.store.get(event.experiment_id)
        if record is None:
            data = {"experimentId": event.experiment_id, "message": event.message}
            return StreamRecord.of("deleted", cursor, data)
        return StreamRecord.of("status", cursor, record.to_wire(summary=True))
