"""What came out of a rehearsal, to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

from ..client.metrics import points_of
from ..client.table import Table
from ..logs.clean import cut
from ..widgets.snapshot import take_snapshot
from .measures import number

if TYPE_CHECKING:
    from ..client import Experiment

_LINES = 3
_MAX_METRICS = 3
_HEADINGS = ("Pod", "State", "Measured", "Last lines")


class Outcome:
    """How the pods of a run ended, what each measured last, and its last lines.

    Parameters
    ----------
    verdict
        The sentence above.
    """

    def __init__(self, verdict: str, experiment: Experiment) -> None:
        snapshot = take_snapshot(experiment)
        measured = _measured(experiment)
        rows: list[Sequence[str]] = []
        for pod in snapshot["pods"]:
            name = pod["name"].removeprefix(f"{experiment.id}-")
            rows += _rows(name, pod["state"] or "", measured.get(pod["name"], []), pod["lines"])
        self._verdict = verdict
        self._table = Table(_HEADINGS, rows, empty="No pods.")
        hidden = snapshot["podCount"] - len(snapshot["pods"])
        self._rest = f"{hidden} more pods are not shown." if hidden > 0 else ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self._verdict, "", repr(self._table), self._rest])).strip()

    def _repr_html_(self) -> str:
        parts = [f"<div>{escape(self._verdict)}</div>", self._table.to_html()]
        return "".join([*parts, f"<div>{escape(self._rest)}</div>" if self._rest else ""])


def _rows(
    name: str, state: str, measured: Sequence[str], lines: Sequence[str]
) -> Iterator[Sequence[str]]:
    """Yield a pod's rows: as many as it has lines or metrics to show."""
    shown = [cut(line) for line in lines[-_LINES:]]
    below = zip_longest(measured[-_MAX_METRICS:], shown, fillvalue="")
    for position, (value, line) in enumerate(below):
        yield ("", "", value, line) if position else (name, state, value, line)
    if not measured and not lines:
        yield name, state, "", ""


def _measured(experiment: Experiment) -> dict[str, list[str]]:
    """Return by pod the last value of each metric."""
    last: dict[tuple[str, str], str] = {}
    for point in points_of(experiment.client, experiment.id):
        if point["value"] is not None:
            at = "" if point["step"] is None else f" at {point['step']:g}"
            last[point["pod"], point["name"]] = f"{point['name']} {number(point['value'])}{at}"
    found: dict[str, list[str]] = {}
    for (pod, _), text in last.items():
        found.setdefault(pod, []).append(text)
    return found
