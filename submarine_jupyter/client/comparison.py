"""Experiments side by side: what differs in their specs, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from ..logs.times import duration, parse_time
from .fields import NOT_SET, differing, shown
from .frames import frame
from .metrics import final_values
from .provenance import CELL_HASH
from .table import Table

if TYPE_CHECKING:
    from .experiment import Experiment

_LONGEST = 40
# What these tell, another column tells already: the name, and the program.
_LEFT_OUT = ("meta.name", f"meta.envVars.{CELL_HASH}")


class Comparison:
    """Experiments side by side; shows itself as a table with a row each.

    Made by `ExperimentClient.compare`.

    Attributes
    ----------
    experiments
        The handles, in the order in which they were named.
    differences
        Field → its value in each experiment, of the fields that are not the same in all.
    metrics
        Metric → its last value in each experiment.
    durations
        Seconds that each has run; None if it has not begun.
    """

    def __init__(
        self, experiments: Sequence[Experiment], points: Sequence[list[dict[str, Any]]]
    ) -> None:
        self.experiments = list(experiments)
        self.differences = differing([experiment.spec for experiment in experiments])
        final = [final_values(each) for each in points]
        names = dict.fromkeys(name for values in final for name in values)
        self.metrics = {name: [values.get(name) for values in final] for name in names}
        self.durations = [seconds_of(experiment.data) for experiment in experiments]

    def to_pandas(self) -> Any:
        """Return a DataFrame with a row for each experiment.

        Columns: name, status, duration in seconds, then the fields that differ and the metrics.
        """
        return frame([self._record(place) for place in range(len(self.experiments))], "experiment")

    def _record(self, place: int) -> dict[str, Any]:
        experiment = self.experiments[place]
        fields = {name: values[place] for name, values in self.differences.items()}
        metrics = {name: values[place] for name, values in self.metrics.items()}
        return {
            "experiment": experiment.id,
            "name": experiment.name,
            "status": experiment.last_status,
            "duration": self.durations[place],
            **{name: value and shown(name, value) for name, value in fields.items()},
            **metrics,
        }

    def __repr__(self) -> str:
        return repr(self._table)

    def _repr_html_(self) -> str:
        return self._table.to_html()

    @cached_property
    def _table(self) -> Table:
        fields = [name for name in self.differences if name not in _LEFT_OUT]
        headings = ["Experiment", "Name", "Status", "Ran", *map(_short, fields), *self.metrics]
        rows = []
        for place, experiment in enumerate(self.experiments):
            seconds = self.durations[place]
            rows.append(
                [
                    experiment.id,
                    experiment.name,
                    experiment.last_status,
                    NOT_SET if seconds is None else duration(seconds),
                    *(_cut(shown(name, self.differences[name][place])) for name in fields),
                    *(_number(values[place]) for values in self.metrics.values()),
                ]
            )
        return Table(headings, rows, "There are no experiments to compare.", {0: _code})


def seconds_of(data: dict[str, Any]) -> float | None:
    """Return how long an experiment has run, of which a server answered `data`."""
    begun = data.get("runningTime")
    if not begun:
        return None
    finished = data.get("finishedTime")
    until = parse_time(finished) if finished else datetime.now(timezone.utc)
    return max((until - parse_time(begun)).total_seconds(), 0.0)


def _short(name: str) -> str:
    """Return a field as it is called for short: `LR` for `meta.envVars.LR`."""
    for prefix in ("meta.envVars.", "meta.", "environment.", "spec."):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _number(value: float | None) -> str:
    return NOT_SET if value is None else f"{value:.6g}"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
