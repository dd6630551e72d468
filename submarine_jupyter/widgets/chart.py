"""Metrics as small inline pictures, for readers that run no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ..logs.clean import cut, one_line

MAX_CHARTS = 3
MAX_LINES = 4
_MAX_POINTS = 25
_WIDTH, _HEIGHT = 200, 48
_COLOURS = ("#0b62c4", "#d9730d", "#1a7f37", "#8250df")

Series = Mapping[str, Any]
"""A metric of one pod, as the API has it: `name`, `pod` and `points` of step, value, offset."""

_Point = tuple[float, float]


def charts(metrics: Sequence[Series]) -> str:
    """Return the first few metrics as SVG, one picture a metric with a line per pod."""
    lines: dict[str, list[list[_Point]]] = {}
    for series in metrics:
        points = _thinned(_numbers(series["points"]))
        if points:
            lines.setdefault(str(series["name"]), []).append(points)
    return "".join(_chart(name, lines[name]) for name in list(lines)[:MAX_CHARTS])


def _chart(name: str, lines: list[list[_Point]]) -> str:
    shown = lines[:MAX_LINES]
    x, y = (
        _range(p[0] for line in shown for p in line),
        _range(p[1] for line in shown for p in line),
    )
    drawn = "".join(
        f'<polyline fill="none" stroke="{colour}" points="{_path(line, x, y)}"/>'
        for line, colour in zip(shown, _COLOURS, strict=False)
    )
    last = ", ".join(f"{line[-1][1]:.4g}" for line in shown)
    label = escape(cut(one_line(name), 60))
    return (
        '<div style="display:inline-block;margin:6px 12px 0 0">'
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{label}">{drawn}</svg>'
        f"<div>{label} <b>{last}</b></div></div>"
    )


def _path(line: list[_Point], x: _Point, y: _Point) -> str:
    return " ".join(
        f"{_scaled(px, x, _WIDTH)},{_HEIGHT - _scaled(py, y, _HEIGHT)}" for px, py in line
    )


def _scaled(value: float, within: _Point, size: int) -> int:
    low, high = within
    # One value alone stands in the middle.
    share = 0.5 if high == low else value / (high - low) - low / (high - low)
    return 2 + round(share * (size - 4))


def _range(values: Iterable[float]) -> _Point:
    known = list(values)
    return min(known), max(known)


def _numbers(points: Iterable[Sequence[Any]]) -> list[_Point]:
    """Return step and value of the points that have a value; without steps they are counted."""
    return [
        (float(number if point[0] is None else point[0]), float(point[1]))
        for number, point in enumerate(points)
        if point[1] is not None and math.isfinite(point[1])
    ]


def _thinned(points: list[_Point]) -> list[_Point]:
    """Return as many points as a small picture shows, the last among them."""
    stride = math.ceil(len(points) / _MAX_POINTS)
    return points if stride <= 1 else points[(len(points) - 1) % stride :: stride]
