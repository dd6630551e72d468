"""One page's interest in one experiment, or in all: followed, resumed, and held to a window."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from ..errors import ServerUnavailable
from ..logs.sse import SSEMessage, SSEParser, StreamTooLong
from .routes import Target
from .transport import Answer, Call
from .upstreams import NotStarted, Upstream, backoff

# A comment comes every 15 s; three of them missing means that nobody is there any more.
SILENCE_SECONDS = 45.0
_MESSAGE_LENGTH = 500
_SHORT_LIFE_SECONDS = 1.0
_TRY_AGAIN_CODES = frozenset({408, 425, 429})

Send = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True)
class Interest:
    """What a subscription asks for.

    Attributes
    ----------
    id
        The page's name for the subscription.
    experiment
        Id of an experiment; none for all of them.
    after
        Cursor to go on from.
    tail
        Lines a pod to begin with, when there is no cursor.
    pods
        Only these pods; none for all.
    """

    id: str
    experiment: str | None
    after: str | None = None
    tail: int | None = None
    pods: tuple[str, ...] | None = None

    def target(self, cursor: str | None) -> str:
        """Return the upstream's path and query for going on at a cursor."""
        place = (
            ("stream",) if self.experiment is None else ("experiment", self.experiment, "stream")
        )
        query = {}
        if cursor is not None:
            query["after"] = cursor
        elif self.tail is not None:
            query["tail"] = str(self.tail)
        if self.pods is not None:
            query["pods"] = ",".join(self.pods)
        path = Target(None, place).path
        return f"{path}?{urlencode(query)}" if query else path


class _Over(Exception):
    """The subscription cannot go on; code and message are for the page."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Subscription:
    """Follows an upstream's event stream and sends its records to the page.

    It survives the upstream: after a loss it goes on at its cursor, and tells the page once
    per outage (again only when the reason becomes another).

    Parameters
    ----------
    window
        Bytes that may be on their way to the page without being acknowledged. While the window
        is full nothing is read from the upstream.
    send
        Takes a whole message for the page; returns when the socket has taken it.
    """

    def __init__(
        self,
        interest: Interest,
        upstream: Upstream,
        window: int,
        send: Send,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self._interest = interest
        self._upstream = upstream
        self._window = window
        self._send = send
        self._log = log
        self._cursor = interest.after
        self._unacknowledged = 0
        self._room = asyncio.Event()
        self._room.set()
        self._failures = 0
        self._connected = 0.0
        self._told: str | None = None

    def acknowledge(self, count: int) -> None:
        """Take note that the page has taken in ``count`` bytes."""
        self._unacknowledged = max(0, self._unacknowledged - count)
        self._room.set()

    async def run(self) -> None:
        """Follow until the experiment has ended, or until there is no point in trying again."""
        while True:
            try:
                if await self._follow():
                    return
                failure: ServerUnavailable | None = None
            except ServerUnavailable as error:
                failure = error
            except _Over as over:
                await self._tell(over.code, str(over), retry=False)
                return
            except StreamTooLong as error:
                await self._tell("NotSupported", str(error), retry=False)
                return
            self._failures += 1
            if self._failures == 1:
                # Perhaps it only restarted, or the connection was cut: look before telling.
                lived = time.monotonic() - self._connected
                await asyncio.sleep(0 if lived > _SHORT_LIFE_SECONDS else backoff(0))
                continue
            if failure is not None:
                code = "NotStarted" if isinstance(failure, NotStarted) else "Unreachable"
                if code != self._told:
                    self._told = code
                    await self._tell(code, str(failure), retry=True)
                await self._upstream.recovered()
            if not isinstance(failure, NotStarted):
                await asyncio.sleep(backoff(max(0, self._failures - 2)))

    async def _follow(self) -> bool:
        """Follow one connection to its end. Return whether it was the experiment's end too."""
        answer = await self._upstream.request(
            Call(
                "GET",
                self._interest.target(self._cursor),
                headers=(("Accept", "text/event-stream"),),
                repeatable=True,
                silence=SILENCE_SECONDS,
            )
        )
        self._connected = time.monotonic()
        try:
            await self._check(answer)
            parser = SSEParser()
            async for chunk in answer.chunks():
                for message in parser.feed(chunk):
                    await self._pass_on(message)
                    if message.event == "end" and self._interest.experiment is not None:
                        return True
        finally:
            answer.close()
        return False

    async def _check(self, answer: Answer) -> None:
        status = answer.status
        name = self._upstream.name
        if status == 200 and answer.content_type == "text/event-stream":
            return
        if status >= 500 or status in _TRY_AGAIN_CODES:
            raise ServerUnavailable(f"The upstream '{name}' answers {status}; it is tried again.")
        if status == 401:
            raise _Over("NotAuthenticated", f"The upstream '{name}' refuses its token.")
        if status == 403:
            raise _Over("NotAuthorized", f"The upstream '{name}' does not allow this.")
        if status in {404, 405} and "stream" in (await self._upstream.info()).features:
            raise _Over("NotFound", f"There is no {self._interest.experiment} on '{name}'.")
        if status in {400, 422}:
            raise _Over(
                "BadRequest", await _sentence(answer) or "The upstream refused the request."
            )
        raise _Over("NotSupported", f"The upstream '{name}' has no live streams.")

    async def _pass_on(self, message: SSEMessage) -> None:
        cursor = message.id or None
        frame = self._frame(message.event, cursor, self._checked(message.data))
        while self._unacknowledged and self._unacknowledged + len(frame) > self._window:
            self._room.clear()
            await self._room.wait()
        self._unacknowledged += len(frame)
        await self._send(frame)
        self._cursor = cursor or self._cursor
        self._failures = 0
        self._told = None

    def _checked(self, data: bytes) -> bytes:
        """Return data that is safe to be put between the others of a text frame."""
        try:
            if not self._upstream.trusted:
                # Spliced in unseen, it could close its object and speak for other subscriptions.
                json.loads(data)
            elif not data.isascii():
                data.decode("utf-8")
        except (ValueError, RecursionError):
            raise _Over(
                "NotSupported",
                f"The upstream '{self._upstream.name}' sent a record that is not JSON.",
            ) from None
        return data

    def _frame(self, event: str, cursor: str | None, data: bytes) -> bytes:
        head = json.dumps(
            {"id": self._interest.id, "event": event, "cursor": cursor}, separators=(",", ":")
        )
        return b"".join((head[:-1].encode(), b',"data":', data, b"}"))

    async def _tell(self, code: str, message: str, *, retry: bool) -> None:
        self._log.debug("Subscription to %s: %s", self._upstream.name, code)
        data = json.dumps({"code": code, "message": message, "retry": retry})
        frame = self._frame("error", None, data.encode())
        self._unacknowledged += len(frame)
        await self._send(frame)


async def _sentence(answer: Answer) -> str | None:
    """Return the message of an error's envelope."""
    try:
        message = json.loads(await answer.read(64 * 1024))["message"]
    except (ValueError, LookupError, TypeError):
        return None
    return message[:_MESSAGE_LENGTH] if isinstance(message, str) else None
