"""What is known of a run in the words of the old workbench: artifacts, metrics, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..spec import ExperimentSpec
from ..spec.commands import words_of
from ..spec.pods import pods_of
from .logs.times import times_of
from .service import ExperimentService
from .store import Record

_BASE = {"createBy": None, "createTime": None, "updateBy": None, "updateTime": None}
_TIME = "%Y-%m-%d %H:%M:%S"


def artifact_paths(experiment_id: str, root: Path) -> list[str]:
    """Return the entries of an output directory as the API names artifacts."""
    prefix = f"s3://submarine/experiment/{experiment_id}/"
    try:
        entries = sorted(root.iterdir())
    except OSError:
        return []
    return [f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}" for entry in entries]


def metric_rows(
    service: ExperimentService, record: Record, series: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for each point of the series, and for each that the program logged itself."""
    rows = [_logged(entry) for entry in service.store.tracked.metrics(record.id)]
    for one in series:
        path = service.log_file(record.id, one["pod"], one["attempt"])
        worker = one["pod"].removeprefix(f"{record.id}-")
        with times_of(path) as times:
            for step, value, offset in one["points"]:
                row = {
                    "id": record.id,
                    **_BASE,
                    "key": one["name"],
                    "value": 0.0 if value is None else value,
                    "workerIndex": worker,
                    "timestamp": _time(times.at(int(offset) + 1)),
                    "step": int(step or 0),
                    "isNan": value is None,
                }
                rows.append(row)
    return rows


def _logged(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of what a program logged."""
    row = {
        "id": entry["id"],
        **_BASE,
        "key": entry["key"],
        "value": entry["value"],
        "workerIndex": entry["worker_index"],
    }
    if "timestamp" in entry:
        row["timestamp"] = entry["timestamp"].strftime(_TIME)
        row |= {"step": entry["step"], "isNan": entry["is_nan"]}
    return row


def param_rows(service: ExperimentService, record: Record) -> list[dict[str, Any]]:
    """Return a row for each parameter that the program logged, and each option of a command."""
    spec = record.read_spec()
    return [_logged(entry) for entry in service.store.tracked.params(record.id)] + [
        {
            "id": record.id,
            **_BASE,
            "key": key,
            "value": value,
            "workerIndex": f"{pod.role.lower()}-{pod.index}",
        }
        for pod in pods_of(record.id, spec)
        for key, value in _options(spec, pod.role)
    ]


def _options(spec: ExperimentSpec, role: str) -> Iterator[tuple[str, str]]:
    """Yield the options of a role's command: `--rate=0.1`, `--rate 0.1`, `--verbose`."""
    words = words_of(spec.command_of(role))
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            continue
        if not equals:
            value = "true" if following.startswith("--") else following
        yield name, value


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(_TIME)
