"""Server-sent events, as they travel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...logs import Cursor

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": still here\n\n"


@dataclass(frozen=True)
class StreamRecord:
    """One server-sent event: its kind, the cursor after it, and its data as JSON."""

    event: str
    cursor: Cursor
    data: str

    @classmethod
    def of(cls, event: str, cursor: Cursor, data: dict[str, Any]) -> StreamRecord:
        """Make one of JSON-ready data."""
        return cls(event, cursor, json.dumps(data, separators=(",", ":")))

    def encode(self) -> bytes:
        """Return it as it travels."""
        return f"event: {self.event}\nid: {self.cursor}\ndata: {self.data}\n\n".encode()
