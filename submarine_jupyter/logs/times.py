"""Times of the API for people to read."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def parse_time(text: str) -> datetime:
    """Read a time of the API or of a snapshot, with its offset."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def age(experiment: dict[str, Any], now: str) -> str:
    """Return how long an experiment has run, or has been waiting, at a moment; may be empty."""
    started = experiment.get("runningTime")
    since = started or experiment.get("acceptedTime")
    if not since or experiment["status"] == "Deleted":
        return ""
    until = experiment.get("finishedTime") or now
    verb = "ran" if experiment.get("finishedTime") else "running for" if started else "waiting for"
    return f"{verb} {duration(seconds_between(since, until))}"


def seconds_between(since: str, until: str) -> float:
    """Return the seconds from one time to another, at least 0."""
    return max((parse_time(until) - parse_time(since)).total_seconds(), 0.0)


def duration(seconds: float, units: int = 2) -> str:
    """Return a duration as `0.2 s`, `45 s`, `3 min 5 s`, `2 h 10 min` or `3 d 4 h`.

    Parameters
    ----------
    units
        How many are shown at most.
    """
    if 0 < seconds < 1:
        # Rounded up, as in the front end: what has taken some time has not taken none.
        return f"{math.ceil(round(10 * seconds, 6)) / 10:.1f} s"
    left = int(seconds)
    parts: list[str] = []
    for name, size in _UNITS:
        count, left = divmod(left, size)
        if count or (name == "s" and not parts):
            parts.append(f"{count} {name}")
    return " ".join(parts[:units])
