"""Metrics in the raw bytes of a growing log.

What counts as a metric is said in `metric_lines` and `metric_records`. Reading every line by those
rules would cost too much, since most lines of most logs say nothing: `metric_candidates` finds the
lines that may hold a metric in a whole chunk at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Protocol

from .clean import visible
from .metric_candidates import candidates, last_state
from .metric_lines import MAX_TEXT, Finding, findings, to_name
from .metric_records import to_number

MAX_LINE = 64 * 1024
"""Bytes of a line, after what was overwritten, beyond which it is not looked at."""

MAX_POINTS = 50
"""Points that a line gives at most."""

_BACKSPACES = re.compile("(\b+)")
_STEPS = ("step", "epoch")

# A line with one of these is shown otherwise than it was written.
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n"})


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


class Rule(Protocol):
    r"""A user's own rule for what a metric is: an expression with named groups.

    The groups are `name` and `value`, or one a metric: `loss is (?P<loss>\S+)`; `step` or `epoch`
    is the step.
    """

    def places(self, data: bytes) -> Iterator[int]:
        """Yield a place in each line that the rule matches."""

    def matches(self, line: str) -> Iterator[Mapping[str, str | None]]:
        """Yield what the named groups hold, each time that the rule matches."""


def check_names(names: Collection[str]) -> None:
    """Raise ValueError when the named groups of a rule tell no metric."""
    if not {*names} - {*_STEPS, "name"}:
        raise ValueError(
            r"names no metric; use a group such as (?P<loss>\S+), or (?P<name>\w+) with "
            r"(?P<value>\S+)"
        )


class MetricReader:
    r"""Finds the metrics in a log that comes in chunks of any size.

    Of a line that is drawn again and again (carriage returns, backspaces) its last state counts.

    Parameters
    ----------
    offset
        Byte offset of the first byte that will be fed; a line begins there.
    rule
        The user's own rule instead of ours; it sees each line's first 2,000 characters.
    """

    def __init__(self, offset: int = 0, rule: Rule | None = None) -> None:
        self._line = offset
        self._end = offset
        self._rest = b""
        self._epoch: float | None = None
        self._rule = rule

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

    def leap(self, offset: int) -> None:
        """Go on at another place, where a line begins.

        Once epochs were named, lines that tell no step themselves give nothing until one is named
        again: theirs may be any.
        """
        self._line = self._end = offset
        self._rest = b""
        if self._epoch is not None:
            self._epoch = math.nan

    def _points(self, data: bytes, start: int) -> list[Point]:
        points: list[Point] = []
        lines = candidates(data) if self._rule is None else _matching_lines(data, self._rule)
        for begin, state in lines:
            if len(state) <= MAX_LINE:
                found = self._findings(_shown(state))
                # What was overwritten in the first line may have been given up.
                offset = start + begin if begin else self._line
                points += [Point(*finding, offset) for finding in found[:MAX_POINTS]]
        return points

    def _findings(self, text: str) -> list[Finding]:
        if self._rule is not None:
            return list(_by_rule(text[:MAX_TEXT], self._rule))
        found, self._epoch = findings(text, self._epoch)
        return [finding for finding in found if not _is_lost(finding)]


def _is_lost(finding: Finding) -> bool:
    """Tell whether the step of a metric depends on an epoch that was leapt over."""
    return finding.step is not None and math.isnan(finding.step)


def _by_rule(text: str, rule: Rule) -> Iterator[Finding]:
    for match in rule.matches(text):
        groups = {name: found for name, found in match.items() if found is not None}
        steps = [groups.pop(name) for name in _STEPS if name in groups]
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


def _matching_lines(data: bytes, rule: Rule) -> Iterator[tuple[int, bytes]]:
    """Yield place and last state of each whole line that a rule may match."""
    if len(data.translate(None, _CONTROLS)) == len(data):
        for place in rule.places(data[:-1]):
            begin, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place)
            yield begin, data[begin:end]
        return
    begin = 0
    for line in data.split(b"\n")[:-1]:
        yield begin, last_state(line)
        begin += len(line) + 1
