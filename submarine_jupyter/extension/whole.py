"""Records from an upstream that has only whole answers, such as Apache Submarine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Generic, Protocol, TypeVar

from ..errors import NotFound
from ..logs.cursor import Cursor
from ..logs.listings import ListReader
from ..logs.records import Record
from ..logs.snapshots import SnapshotReader
from ..logs.sse import SSEMessage
from .interest import CONNECTED, Interest
from .poller import Poller, Pollers
from .refusals import Over
from .upstreams import Upstream

PATIENCE_SECONDS = 1.0
"""How long a page may be late before the answer it is being told of is let go."""

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Reader(Protocol[T_contra]):
    """Tells what is new in each answer."""

    def resume(self) -> None:
        """Begin as a new connection does."""

    def take(self, answer: T_contra, /) -> Iterator[Record]:
        """Yield what is new; it may be left for a later answer."""

    def gone(self) -> Iterator[Record]:
        """Yield what is left to say when there is nothing more to ask for."""


class WholeRecords(Generic[T]):
    """Follows an upstream by whole answers, which all who follow the same share.

    Of a page that is late one record is held; when there is room again it goes on with the next
    whole answer.
    """

    def __init__(self, poller: Poller[T], reader: Reader[T]) -> None:
        self._poller = poller
        self._reader = reader
        self._records: Iterator[Record] | None = None

    async def messages(self) -> AsyncGenerator[SSEMessage, None]:
        """Yield `CONNECTED`, then what is new, after what was yielded before.

        Raises
        ------
        ServerUnavailable
            It is to be tried again.
        Over
            It is not.
        """
        self._reader.resume()
        is_connected = False
        soon = True
        while True:
            missing: NotFound | None = None
            try:
                self._records = self._reader.take(await self._poller.answer(soon=soon))
            except NotFound as error:
                missing, self._records = error, self._reader.gone()
            if not is_connected:
                is_connected = True
                yield CONNECTED
            while (message := await asyncio.to_thread(self._next)) is not None:
                patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._let_go)
                try:
                    yield message
                finally:
                    patience.cancel()
            if missing is not None:
                raise Over("NotFound", missing.message)
            soon = self._records is None

    def _next(self) -> SSEMessage | None:
        record = None if self._records is None else next(self._records, None)
        if record is None:
            return None
        return SSEMessage(record.event, record.cursor, json.dumps(record.data).encode())

    def _let_go(self) -> None:
        self._records = None


def whole_records(interest: Interest, upstream: Upstream, pollers: Pollers) -> WholeRecords[Any]:
    """Return what follows an experiment, or all of them."""
    if interest.experiment is None:
        return WholeRecords(pollers.of_list(upstream), ListReader())
    reader = SnapshotReader(_cursor(interest.after), interest.tail, interest.pods)
    return WholeRecords(pollers.of_experiment(upstream, interest.experiment), reader)


def _cursor(after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        return Cursor.parse(after)
    except ValueError as error:
        raise Over("BadRequest", f"after: {error}") from None
