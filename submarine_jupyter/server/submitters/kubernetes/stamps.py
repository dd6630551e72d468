"""The times that a cluster writes."""

from __future__ import annotations

import re
from datetime import datetime

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


def seconds_of(stamp: str) -> float | None:
    """Return a time (RFC 3339, nanoseconds or not) in seconds since 1970; None for no time.

    Of the fraction milliseconds are kept: a float has no room for more, and would round the last
    nanoseconds of a second up to the next.
    """
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(match[1] + zone).timestamp() + float(f"0.{(match[2] or '0')[:3]}")
