"""A run whose stream is read on after each cut."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.server.api import Api, StreamEvent

# What a connection says when the other end is killed while it is used.
CUT = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, AssertionError)


@dataclass
class Followed:
    """What a reader has seen of a run, over all the connections it took."""

    identity: str
    seen: list[StreamEvent] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the stream has said so."""
        return bool(self.seen) and self.seen[-1].event == "end"

    def read(self, api: Api, seconds: float) -> None:
        """Read on for some time, or until the stream ends or is cut."""
        deadline = time.monotonic() + seconds
        after = {"after": self.seen[-1].cursor} if self.seen else {}
        try:
            for record in [] if self.is_over else api.follow(self.identity, **after):
                self.seen.append(record)
                if self.is_over or time.monotonic() > deadline:
                    return
        except CUT:
            return

    def read_to_end(self, api: Api) -> None:
        """Read on until the stream has ended."""
        while not self.is_over:
            self.read(api, 30)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The timeline as it was streamed."""
        return [record.data for record in self.seen if record.event == "event"]

    def lines(self, pod: str) -> list[str]:
        """Return the lines of a pod as they were streamed."""
        return [
            line
            for record in self.seen
            if record.event == "log" and record.data["pod"] == f"{self.identity}-{pod}"
            for line in record.data["lines"]
        ]
