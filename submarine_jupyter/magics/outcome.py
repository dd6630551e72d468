"""What came out of a rehearsal, to be read."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..client.metrics import points_of
from ..client.table import Table
from ..logs.clean import cut
from ..widgets.snapshot import take_snapshot
from .measures import number

if TYPE_CHECKING:
    from ..client import Experiment

_MAX_METRICS = 3
_HEADINGS = ("Pod", "State", "Measured", "Last line")


class Outcome:
    """How the pods of a run ended, what each measured last, and its last line.

    Parameters
    ----------
    verdict
        The sentence above.
    """

    def __init__(self, verdict: str, experiment: Experiment) -> None:
        snapshot = take_snapshot(experiment)
        measured = _measured(experiment)
        rows = [
            (
                pod["name"].removeprefix(f"{experiment.id}-"),
                pod["state"] or "",
                " · ".join(measured.get(pod["name"], [])[-_MAX_METRICS:]),
                cut("".join(pod["lines"][-1:])),
            )
            for pod in snapshot["pods"]
        ]
        self._verdict = verdict
        self._table = Table(_HEADINGS, rows, empty="No pods.")
        hidden = snapshot["podCount"] - len(snapshot["pods"])
        self._rest = f"{hidden} more pods are not shown." if hidden > 0 else ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self._verdict, "", repr(self._table), self._rest])).strip()

    def _repr_html_(self) -> str:
        parts = [f"<div>{escape(self._verdict)}</div>", self._table.to_html()]
        return "".join([*parts, f"<div>{escape(self._rest)}</div>" if self._rest else ""])


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
