"""What a run has measured, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..client.table import Table

if TYPE_CHECKING:
    from ..client import Experiment

_HEADINGS = ("Metric", "Pod", "Points", "First", "Last", "Least", "Most", "Last step")


def summary(experiment: Experiment, points: Iterable[dict[str, Any]]) -> Table:
    """Return a table of points: of each metric and pod how many, the ends and the extremes."""
    series: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for point in points:
        if point["value"] is not None:
            series.setdefault((point["name"], point["pod"]), []).append(point)
    rows = [
        (name, pod.removeprefix(f"{experiment.id}-"), *_facts(found))
        for (name, pod), found in series.items()
    ]
    return Table(_HEADINGS, rows, empty="No metrics; a program prints them, such as `loss: 0.3`.")


def _facts(points: list[dict[str, Any]]) -> tuple[str, ...]:
    values = [point["value"] for point in points]
    step = points[-1]["step"]
    figures = map(number, (values[0], values[-1], min(values), max(values)))
    return (f"{len(values):,}", *figures, "" if step is None else f"{step:g}")


def number(value: float) -> str:
    """Return a measured value with the digits that count."""
    return f"{value:.5g}"
