"""Tells whoever waits that something has changed."""

from __future__ import annotations

import asyncio


class Feed:
    """A counter of changes that coroutines can wait on and any thread can advance.

    Attributes
    ----------
    version
        How many changes there were.
    closed
        Whether no more will come.
    listeners
        Set at each change, and at the end.
    """

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self.listeners: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def bind(self) -> None:
        """Belong to the running event loop from now on."""
        self._loop = asyncio.get_running_loop()

    def publish(self) -> None:
        """Say, from any thread, that something has changed."""
        self.version += 1
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """Let everybody who waits end."""
        self.closed = True
        self._wake()

    async def wait(self, seen: int, timeout: float) -> None:
        """Return when the version is not `seen`, or after `timeout` seconds."""
        if self.version != seen or self.closed:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait({future}, timeout=timeout)
        finally:
            self._waiting.discard(future)

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        for listener in self.listeners:
            listener.set()
