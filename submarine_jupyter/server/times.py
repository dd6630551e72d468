"""Times as the API writes them: ISO 8601 with milliseconds and a numeric offset, in UTC."""

from __future__ import annotations

from datetime import datetime, timezone


def to_wire(seconds: float | None) -> str | None:
    """Return seconds since 1970 as the API writes them; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
