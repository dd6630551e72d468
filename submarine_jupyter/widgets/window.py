"""The last records of an experiment, as many as a view in a notebook can take."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..client.following import Record

MAX_LINES = 2_000
MAX_BYTES = 1_000_000
MAX_EVENTS = 500
MAX_METRICS = 500


@dataclass(frozen=True)
class _Entry:
    number: int
    lines: int
    message: dict[str, Any]
    size: int


class RecordWindow:
    """Keeps the last 2,000 log lines, 500 events and 500 of metrics, and how it is now.

    None of one kind pushes out those of another. One thread adds, another takes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logs: deque[_Entry] = deque()
        self._events: deque[_Entry] = deque(maxlen=MAX_EVENTS)
        self._metrics: deque[_Entry] = deque(maxlen=MAX_METRICS)
        self._state: dict[str, _Entry] = {}
        self._number = 0

    def add(self, record: Record) -> None:
        """Keep a record, and drop what is too old for that."""
        data = _last_lines(record.data) if record.event == "log" else record.data
        message = {"event": record.event, "cursor": record.cursor, "data": data}
        size = len(json.dumps(message))
        with self._lock:
            self._number += 1
            entry = _Entry(self._number, len(data.get("lines", ())), message, size)
            self._state.pop("error", None)  # it is over when something comes
            match record.event:
                case "log":
                    self._logs.append(entry)
                    self._drop_old_lines()
                case "metric":
                    self._metrics.append(entry)
                case "event":
                    self._events.append(entry)
                case state:
                    self._state[state] = entry

    def _drop_old_lines(self) -> None:
        lines = sum(entry.lines for entry in self._logs)
        total = sum(entry.size for entry in self._logs)
        while len(self._logs) > 1 and (lines > MAX_LINES or total > MAX_BYTES):
            dropped = self._logs.popleft()
            lines, total = lines - dropped.lines, total - dropped.size

    def take(self, after: int, limit: int) -> tuple[list[dict[str, Any]], int, int]:
        """Return messages after a number, in order: at least one, and at most `limit` bytes else.

        Returns
        -------
        messages, number, size
            The number to go on after, and the bytes of the messages.
        """
        with self._lock:
            kept = sorted(
                (*self._state.values(), *self._events, *self._metrics, *self._logs),
                key=lambda entry: entry.number,
            )
        messages: list[dict[str, Any]] = []
        size = 0
        for entry in kept:
            if entry.number <= after:
                continue
            if messages and size + entry.size > limit:
                break
            messages.append(entry.message)
            after, size = entry.number, size + entry.size
        return messages, after, size


def _last_lines(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a log record with the last lines that a view takes."""
    excess = len(data["lines"]) - MAX_LINES
    if excess <= 0:
        return data
    # A replacement character may stand for a single byte: rather too low an offset than too high.
    skipped = sum(
        len(line.encode()) - 2 * line.count("\ufffd") + 1 for line in data["lines"][:excess]
    )
    return {**data, "offset": data["offset"] + skipped, "lines": data["lines"][excess:]}
