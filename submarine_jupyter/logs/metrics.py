"""Metrics in the raw bytes of a growing log.

What counts as a metric is said in `metric_lines` and `metric_records`. Reading every line by those
rules would cost too much, since most lines of most logs say nothing: `metric_candidates` finds the
lines that may hold a metric in a whole chunk at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from .clean import visible
from .metric_candidates import candidates, last_state
from .metric_lines import MAX_TEXT, Finding, findings, to_name
from .metric_records import to_number

MAX_LINE = 64 * 1024
"""Bytes of a line, after what was overwritten, beyond which it is not looked at."""

MAX_POINTS = 50
"""Points that a line gives at most."""

_BACKSPACES = re.compile("(\b+)")


class Point(NamedTuple):
    """One value of a metric.

    Attributes
    ----------
    step
        Step or epoch; None when the log does not tell.
    value
        May be NaN or infinite.
    offset
        Byte offset of its line in the log.
    """

    name: str
    step: float | None
    value: float
    offset: int


class MetricReader:
    r"""Finds the metrics in a log that comes in chunks of any size.

    Of a line that is drawn again and again (carriage returns, backspaces) its last state counts.

    Parameters
    ----------
    offset
        Byte offset of the first byte that will be fed; a line begins there.
    pattern
        The user's own rule instead of ours: each line's first 2,000 characters are searched. Its
        named groups are `name` and `value`, or one a metric: `loss is (?P<loss>\S+)`; `step` or
        `epoch` is the step.
    """

    def __init__(self, offset: int = 0, pattern: re.Pattern[str] | None = None) -> None:
        self._line = offset
        self._end = offset
        self._rest = b""
        self._epoch: float | None = None
        self._pattern = pattern

    @property
    def offset(self) -> int:
        """Byte offset of the line that is not finished."""
        return self._line

    def feed(self, chunk: bytes) -> list[Point]:
        """Return the points of the lines that `chunk` completes."""
        data = self._rest + chunk if self._rest else chunk
        self._end += len(chunk)
        whole = data.rfind(b"\n") + 1
        points = self._points(data[:whole], self._end - len(data)) if whole else []
        if whole:
            self._line = self._end - len(data) + whole
        self._rest = _kept(data[whole:])
        return points

    def finish(self) -> list[Point]:
        """Return the points of the last line of a log that has ended without a newline."""
        rest, self._rest = self._rest, b""
        points = self._points(rest + b"\n", self._end - len(rest))
        self._line = self._end
        return points

    def _points(self, data: bytes, start: int) -> list[Point]:
        points: list[Point] = []
        for begin, state in candidates(data) if self._pattern is None else _lines(data):
            if len(state) <= MAX_LINE:
                found = self._findings(_shown(state))
                # What was overwritten in the first line may have been given up.
                offset = start + begin if begin else self._line
                points += [Point(*finding, offset) for finding in found[:MAX_POINTS]]
        return points

    def _findings(self, text: str) -> list[Finding]:
        if self._pattern is not None:
            return list(_by_pattern(text[:MAX_TEXT], self._pattern))
        found, self._epoch = findings(text, self._epoch)
        return found


def _by_pattern(text: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        groups = {name: found for name, found in match.groupdict().items() if found is not None}
        steps = [groups.pop(name) for name in ("step", "epoch") if name in groups]
        step = to_number(steps[0]) if steps else None
        step = step if step is not None and math.isfinite(step) else None
        if "name" in groups and "value" in groups:
            groups = {groups["name"]: groups["value"]}
        for name, number in groups.items():
            value = to_number(number)
            if value is not None and to_name(name):
                yield Finding(to_name(name), step, value)


def _kept(rest: bytes) -> bytes:
    """Return what has to be kept of an unfinished line: its last state, of bounded length."""
    state = last_state(rest)
    if len(state) == len(rest) <= MAX_LINE:
        return rest
    return state[: MAX_LINE + 1] + (b"\r" if rest.endswith(b"\r") else b"")


def _shown(state: bytes) -> str:
    """Return a line as a terminal leaves it."""
    text = state.decode("utf-8", "replace")
    if "\b" in text:
        shown: list[str] = []
        at = 0
        for part in _BACKSPACES.split(text):
            if part.startswith("\b"):
                at = max(at - len(part), 0)
            else:
                shown[at : at + len(part)] = part
                at += len(part)
        text = "".join(shown)
    return visible(text)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each line's place and last state."""
    begin = 0
    for line in data.split(b"\n")[:-1]:
        yield begin, last_state(line)
        begin += len(line) + 1
