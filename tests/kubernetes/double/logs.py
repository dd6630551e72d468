"""What containers have printed, as a node keeps it: a file that is rotated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timezone


def stamp_of(nanoseconds: int) -> bytes:
    moment = datetime.fromtimestamp(nanoseconds // 10**9, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds % 10**9:09d}Z".encode()


@dataclass
class ContainerLog:
    """The log of one start of a container; each line with its time."""

    lines: list[tuple[int, bytes]] = field(default_factory=list)
    has_ended: bool = False
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: int = 0

    def write(self, *lines: bytes, at: int | None = None) -> None:
        """Add whole lines, or a last one without a newline, at a time in nanoseconds."""
        for line in lines:
            self.lines.append((time.time_ns() if at is None else at, line))
        self.grown.set()

    def end(self) -> None:
        self.has_ended = True
        self.grown.set()

    def rotate(self, keep: int = 0) -> None:
        """Serve only the last lines from now on, as a kubelet after a rotation."""
        gone = len(self.lines) - keep
        self.lines = self.lines[gone:]
        self.dropped += gone

    async def read(self, since: int, *, follow: bool, stamps: bool) -> AsyncIterator[bytes]:
        position = self.dropped
        while True:
            self.grown.clear()
            position = max(position, self.dropped)
            found = self.lines[position - self.dropped :]
            position += len(found)
            for when, line in found:
                if when >= since:
                    yield stamp_of(when) + b" " + line if stamps else line
            if not follow or self.has_ended:
                return
            await self.grown.wait()
