"""Who is connected, so that an embedded server knows when nobody needs it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator

from starlette.types import ASGIApp, Receive, Scope, Send


class Clients:
    """Counts open streams, and remembers the last request."""

    def __init__(self) -> None:
        self._open = 0
        self._last = time.monotonic()

    @property
    def idle_for(self) -> float:
        """Seconds since the last request ended; 0 while a stream is open."""
        return 0.0 if self._open else time.monotonic() - self._last

    async def counted(self, records: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Pass a stream on, counting its reader while it reads."""
        self._open += 1
        try:
            async for record in records:
                yield record
        finally:
            self._open -= 1
            self._last = time.monotonic()

    def watching(self, app: ASGIApp) -> ASGIApp:
        """Wrap an application so that its requests are remembered."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            self._last = time.monotonic()
            await app(scope, receive, send)

        return watched
