"""One reader of an experiment's files for all who follow it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable
from itertools import chain, islice
from typing import NamedTuple

from ...logs import Cursor
from ..metrics import Metrics, waking
from ..service import ExperimentService
from .growth import GrowthWatcher
from .reader import ExperimentReader
from .records import StreamRecord

log = logging.getLogger(__name__)

_KEPT = 4 * 1024 * 1024
_AT_ONCE = 512 * 1024
_AHEAD = 512 * 1024
_TURN = 0.005
_UNTAKEN_PATIENCE = 1.0
_PAUSE = 0.005
_PAUSE_FOR_EACH = 0.0005
_LONGEST_PAUSE = 0.1
_RESTLESS_PATIENCE = 0.05


class Kept(NamedTuple):
    """A record that was read, and the cursor behind it."""

    record: bytes
    cursor: Cursor


class SharedReader:
    """Reads an experiment once and keeps the last records for those who follow it.

    Those who follow are level with it or some kept records behind. It belongs to the event loop,
    and waits for the fastest of them: what it read far ahead of all would have to be read again.

    Attributes
    ----------
    reader
        What it reads with.
    followers
        How many follow it.
    """

    def __init__(
        self, service: ExperimentService, reader: ExperimentReader, watcher: GrowthWatcher
    ) -> None:
        self.reader = reader
        self.followers = 0
        self._feed = service.feed
        self._watcher = watcher
        self._kept: deque[Kept] = deque()
        self._first = 0
        self._size = 0
        self._untaken = 0  # bytes that nobody who follows has been given
        self._over = False
        self._wake = asyncio.Event()
        self._told = asyncio.Event()
        self._taken = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def next(self) -> int:
        """The number of the record that it will read next."""
        return self._first + len(self._kept)

    def since(self, number: int) -> list[Kept] | None:
        """Return some records from a number on; None when that one is not kept any more."""
        if number < self._first:
            return None
        size = 0
        some: list[Kept] = []
        for kept in islice(self._kept, number - self._first, None):
            if size > _AT_ONCE:
                return some
            some.append(kept)
            size += len(kept.record)
        self.hurry()
        return some

    def hurry(self) -> None:
        """Say that somebody has all that was read."""
        self._untaken = 0
        self._taken.set()

    async def more(self, timeout: float) -> bool:
        """Return whether something more was read, or the end, within some seconds from now."""
        return await is_set(self._told, timeout)

    @property
    def is_over(self) -> bool:
        """Whether it has read the end, or cannot go on."""
        return self._over

    def close(self) -> None:
        """Stop reading."""
        self._task.cancel()

    async def _run(self) -> None:
        self._feed.listeners.add(self._wake)
        self.reader.wake_by(waking(self._wake))
        try:
            await self._read()
        except Exception:
            log.exception("an experiment cannot be read for its followers any more")
        finally:
            self._over = True
            self._feed.listeners.discard(self._wake)
            self._watcher.forget(self._wake)
            self.reader.close()
            self._tell()

    async def _read(self) -> None:
        reader = self.reader
        while not self._feed.closed:
            self._wake.clear()
            for path in reader.paths:
                self._watcher.expect(path, self._wake)
            await self._keep(await reader.news())
            is_over = reader.is_over
            await self._keep(chain(reader.lines(), reader.points()))
            if not reader.is_read:
                await asyncio.sleep(0)  # others get their turn between the chunks
                continue
            if is_over and not reader.awaits_points:
                await self._keep(reader.end())
                return
            # Lines that come one by one travel together.
            pause = min(_PAUSE + self.followers * _PAUSE_FOR_EACH, _LONGEST_PAUSE)
            is_restless = reader.has_partial or is_over
            patience = _RESTLESS_PATIENCE if is_restless else self._watcher.patience
            if await is_set(self._wake, patience):
                await asyncio.sleep(pause)

    async def _keep(self, records: Iterable[StreamRecord]) -> None:
        """Keep records as they are read, while others get their turns, and tell those who follow.

        Whenever it lets others run, the reader's cursor is that of the last record that is kept.
        """
        begun = time.monotonic()
        for record in records:
            self._add(Kept(record.encode(), record.cursor))
            if self._untaken > _AHEAD:
                await self._until_taken()
            elif time.monotonic() - begun > _TURN:
                self._tell()
                await asyncio.sleep(0)
                begun = time.monotonic()
        self._tell()

    def _add(self, kept: Kept) -> None:
        self._kept.append(kept)
        self._size += len(kept.record)
        self._untaken += len(kept.record)
        while self._size > _KEPT and len(self._kept) > 1:
            self._size -= len(self._kept.popleft().record)
            self._first += 1

    async def _until_taken(self) -> None:
        self._tell()
        while self._untaken > _AHEAD and not self._feed.closed:
            self._taken.clear()
            await is_set(self._taken, _UNTAKEN_PATIENCE)

    def _tell(self) -> None:
        told, self._told = self._told, asyncio.Event()
        told.set()


class SharedReaders:
    """The shared readers of a server, one an experiment that is followed."""

    def __init__(self, service: ExperimentService, metrics: Metrics) -> None:
        self.watcher = GrowthWatcher()
        self.metrics = metrics
        self._service = service
        self._readers: dict[str, SharedReader] = {}

    def enter(self, experiment_id: str, reader: ExperimentReader) -> SharedReader:
        """Return the shared reader of an experiment; the first to come gives it its own."""
        shared = self._readers.get(experiment_id)
        if shared is None or shared.is_over:
            shared = SharedReader(self._service, reader, self.watcher)
            self._readers[experiment_id] = shared
        shared.followers += 1
        return shared

    def leave(self, experiment_id: str, shared: SharedReader) -> None:
        """Say that one follows no more; the last one ends it."""
        shared.followers -= 1
        if shared.followers == 0:
            shared.close()
            if self._readers.get(experiment_id) is shared:
                del self._readers[experiment_id]


async def is_set(event: asyncio.Event, timeout: float) -> bool:
    """Return whether an event is set within some seconds."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        done, _ = await asyncio.wait({waiting}, timeout=timeout)
    finally:
        waiting.cancel()
    return bool(done)
