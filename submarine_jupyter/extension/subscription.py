"""One page's interest in one experiment, or in all: followed, resumed, and held to a window."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from ..errors import ServerUnavailable
from ..logs.sse import SSEMessage
from .interest import CONNECTED
from .records import UpstreamRecords
from .refusals import Over
from .upstreams import NotStarted, backoff

_SHORT_LIFE_SECONDS = 1.0

Send = Callable[[bytes], Awaitable[None]]


class Subscription:
    """Sends the records of an upstream to the page.

    It survives the upstream: after a loss it goes on at its cursor, and tells the page once
    per outage (again only when the reason becomes another), and when that is over.

    Parameters
    ----------
    window
        Bytes that may be on their way to the page without being acknowledged. While the window
        is full no further record is taken.
    send
        Takes a whole message for the page; returns when the socket has taken it.
    """

    def __init__(
        self,
        records: UpstreamRecords,
        window: int,
        send: Send,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self._records = records
        self._interest = records.interest
        self._upstream = records.upstream
        self._window = window
        self._send = send
        self._log = log
        self._unacknowledged = 0
        self._room = asyncio.Event()
        self._room.set()
        self._failures = 0
        self._connected: float | None = None
        self._told: str | None = None

    def acknowledge(self, count: int) -> None:
        """Take note that the page has taken in ``count`` bytes."""
        self._unacknowledged = max(0, self._unacknowledged - count)
        self._room.set()

    async def run(self) -> None:
        """Follow until the experiment has ended, or until there is no point in trying again."""
        while True:
            self._connected = None
            try:
                if await self._follow():
                    return
                failure: ServerUnavailable | None = None
            except ServerUnavailable as error:
                failure = error
            except Over as over:
                await self._tell_error(over.code, str(over), retry=False)
                return
            has_lived = self._has_lived()
            self._failures = 1 if has_lived else self._failures + 1
            if self._failures == 1:
                # Perhaps it only restarted, or the connection was cut: look before telling.
                await asyncio.sleep(0 if has_lived else backoff(0))
                continue
            if failure is not None:
                code = "NotStarted" if isinstance(failure, NotStarted) else "Unreachable"
                if code != self._told:
                    self._told = code
                    await self._tell_error(code, str(failure), retry=True)
                await self._upstream.recovered()
            if not isinstance(failure, NotStarted):
                await asyncio.sleep(backoff(max(0, self._failures - 2)))

    async def _follow(self) -> bool:
        """Follow until it breaks off. Return whether it was the experiment's end instead."""
        async with aclosing(self._records.messages()) as messages:
            async for message in messages:
                if message is CONNECTED:
                    await self._on_connected()
                    continue
                await self._pass_on(message)
                if message.event == "end" and self._interest.experiment is not None:
                    return True
        return False

    async def _on_connected(self) -> None:
        self._connected = time.monotonic()
        if self._told is not None:
            self._told = None
            await self._tell(CONNECTED.event, CONNECTED.data)

    def _has_lived(self) -> bool:
        """Whether the connection that broke was no short one."""
        now = time.monotonic()
        return self._connected is not None and now - self._connected > _SHORT_LIFE_SECONDS

    async def _pass_on(self, message: SSEMessage) -> None:
        frame = self._frame(message.event, message.id or None, message.data)
        while self._unacknowledged and self._unacknowledged + len(frame) > self._window:
            self._room.clear()
            await self._room.wait()
        self._unacknowledged += len(frame)
        await self._send(frame)
        self._failures = 0

    def _frame(self, event: str, cursor: str | None, data: bytes) -> bytes:
        head = json.dumps(
            {"id": self._interest.id, "event": event, "cursor": cursor}, separators=(",", ":")
        )
        return b"".join((head[:-1].encode(), b',"data":', data, b"}"))

    async def _tell_error(self, code: str, message: str, *, retry: bool) -> None:
        self._log.debug("Subscription to %s: %s", self._upstream.name, code)
        data = json.dumps({"code": code, "message": message, "retry": retry})
        await self._tell("error", data.encode())

    async def _tell(self, event: str, data: bytes) -> None:
        frame = self._frame(event, None, data)
        self._unacknowledged += len(frame)
        await self._send(frame)
