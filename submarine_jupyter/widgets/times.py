"""Times of the API for people to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any


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
    seconds = max(int((parse_time(until) - parse_time(since)).total_seconds()), 0)
    verb = "ran" if experiment.get("finishedTime") else "running for" if started else "waiting for"
    return f"{verb} {duration(seconds)}"


def duration(seconds: int) -> str:
    """Return a duration as `45 s`, `3 min 5 s`, `2 h 10 min` or `3 d 4 h`."""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count or (name == "s" and not parts):
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])
