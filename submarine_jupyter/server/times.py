"""Times as the API writes them: ISO 8601 with milliseconds and a numeric offset, in UTC."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import overload


@overload
def to_wire(seconds: float) -> str: ...


@overload
def to_wire(seconds: float | None) -> str | None: ...


def to_wire(seconds: float | None) -> str | None:
    """Return seconds since 1970 as the API writes them; None stays None."""
    if seconds is None:
        return None
    minute, milliseconds = divmod(round(seconds * 1_000_000) // 1000, 60_000)
    return f"{_minute(minute)}:{milliseconds // 1000:02}.{milliseconds % 1000:03}+00:00"


# The times of a list lie close together, and are most of what it costs to write the list.
@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, timezone.utc).strftime("%Y-%m-%dT%H:%M")
