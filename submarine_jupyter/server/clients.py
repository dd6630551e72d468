"""Who is connected, so that an embedded server knows when nobody needs it."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Receive, Scope, Send


class Clients:
    """Counts the requests that are being answered, streams included."""

    def __init__(self) -> None:
        self._open = 0
        self._last = time.monotonic()

    @property
    def idle_for(self) -> float:
        """Seconds since the last request ended; 0 while there is one."""
        return 0.0 if self._open else time.monotonic() - self._last

    def watching(self, app: ASGIApp) -> ASGIApp:
        """Wrap an application so that its requests are counted."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            self._open += 1
            try:
                await app(scope, receive, send)
            finally:
                self._open -= 1
                self._last = time.monotonic()

        return watched
