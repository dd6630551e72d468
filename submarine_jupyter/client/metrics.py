"""The metrics of an experiment, as records of one point each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..logs.metrics import MetricReader
from ..logs.series import to_list
from .following import experiment_path

if TYPE_CHECKING:
    from .client import ExperimentClient

COLUMNS = ("pod", "attempt", "name", "step", "value", "offset")
"""Pod and its start, name of the metric, step (or None), value, byte offset of its line."""


def points_of(client: ExperimentClient, experiment_id: str) -> list[dict[str, Any]]:
    """Return the points that are in the logs by now, pod by pod and metric by metric."""
    if client.has_feature("metrics"):
        series = client.transport.get(experiment_path(experiment_id, "metrics"))
    else:
        answer = client.transport.get(experiment_path("logs", experiment_id))
        series = [one for pod in answer["logContent"] for one in _found(pod)]
    return [
        dict(zip(COLUMNS, (one["pod"], one["attempt"], one["name"], *point), strict=True))
        for one in series
        for point in one["points"]
    ]


def final_values(points: list[dict[str, Any]]) -> dict[str, float]:
    """Return the last value of each metric; of several pods, that of the first one that has it."""
    final: dict[str, tuple[str, float]] = {}
    for point in points:
        pod, _ = final.get(point["name"], (point["pod"], 0.0))
        if pod == point["pod"] and point["value"] is not None:
            final[point["name"]] = pod, point["value"]
    return {name: value for name, (_, value) in final.items()}


def _found(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the series in a whole log, as our own server answers them."""
    reader = MetricReader()
    points = reader.feed("".join(f"{line}\n" for line in pod["podLog"]).encode())
    series: dict[str, list[list[float | None]]] = {}
    for point in points:
        series.setdefault(point.name, []).append(to_list(point))
    return [
        {"pod": pod["podName"], "attempt": 1, "name": name, "points": found}
        for name, found in series.items()
    ]
