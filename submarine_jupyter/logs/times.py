"""Times of the API for people to read."""

from __future__ import annotations

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


def seconds_between(since: str, until: str) -> int:
    """Return the whole seconds from one time to another, at least 0."""
    return max(int((parse_time(until) - parse_time(since)).total_seconds()), 0)


def duration(seconds: int) -> str:
    """Return a duration as `45 s`, `3 min 5 s`, `2 h 10 min` or `3 d 4 h`."""
    return " ".join(f"{count} {name}" for count, name in _largest(seconds, 2))


def short_duration(seconds: int, units: int = 2) -> str:
    """Return a duration for a narrow column: `45s`, `3m5s`, `2h10m`; `units` are shown at most."""
    return "".join(f"{count}{name[0]}" for count, name in _largest(seconds, units))


def _largest(seconds: int, units: int) -> list[tuple[int, str]]:
    """Split a duration into its units, the largest first, without those that are 0."""
    parts: list[tuple[int, str]] = []
    for name, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count or (name == "s" and not parts):
            parts.append((count, name))
    return parts[:units]
