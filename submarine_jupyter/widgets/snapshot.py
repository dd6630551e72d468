"""An experiment at one moment as plain data, small enough to be kept in a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..client.following import experiment_path
from ..client.podlogs import texts_of
from ..errors import ExperimentFailed, NotFound
from ..logs.clean import MAX_LINE, clean, cut, one_line

if TYPE_CHECKING:
    from ..client import Experiment

MAX_PODS = 12
MAX_LINES = 50
LOG_BUDGET = 6_000
"""Bytes that all lines may take in the notebook's file, where each stands in JSON and in HTML."""

# A notebook's JSON has each line on one of its own, moved in.
_INDENT = 20

_MAX_TAGS = 10


def take_snapshot(experiment: Experiment) -> dict[str, Any]:
    """Return `{experiment, pods: [{name, role, index, state, lines}], podCount, reason, time}`.

    It holds neither commands nor variables nor code. At most 12 pods are in it, failed ones
    first, each with its last lines as far as they fit.
    """
    pods = _pods(experiment)
    chosen = sorted(pods, key=lambda pod: pod["state"] != "Failed")[:MAX_PODS]
    share = LOG_BUDGET // max(sum(1 for pod in chosen if pod["logSize"]), 1)
    for pod in chosen:
        pod["lines"] = _last_lines(experiment, pod, share)
        del pod["logSize"]
    return {
        "experiment": without_secrets(experiment.data),
        "pods": chosen,
        "podCount": len(pods),
        "reason": _reason(experiment),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def take_metrics(experiment: Experiment) -> list[dict[str, Any]]:
    """Return the metrics as the API has them; none where the server finds none."""
    client = experiment.client
    if not client.has_feature("metrics"):
        return []
    try:
        return list(client.transport.get(experiment_path(experiment.id, "metrics")))
    except NotFound:
        return []


def without_secrets(data: dict[str, Any]) -> dict[str, Any]:
    """Return an experiment without commands, variables and code; long texts are cut."""
    spec = data["spec"]
    meta = {key: value for key, value in spec["meta"].items() if key not in ("cmd", "envVars")}
    meta["tags"] = [cut(tag) for tag in (meta.get("tags") or [])[:_MAX_TAGS]]
    environment = spec.get("environment") or {}
    return {
        **{key: value for key, value in data.items() if key != "spec"},
        "spec": {
            "meta": meta,
            "environment": {
                key: cut(environment[key])
                for key in ("name", "image")
                if isinstance(environment.get(key), str)
            },
            "spec": {
                cut(role): {
                    "replicas": task.get("replicas"),
                    "resources": task.get("resources") and cut(str(task["resources"])),
                }
                for role, task in spec["spec"].items()
            },
        },
    }


def _reason(experiment: Experiment) -> str | None:
    """Return why a run failed, in a sentence."""
    if experiment.last_status != "Failed":
        return None
    try:
        experiment.check()
    except ExperimentFailed as error:
        return cut(one_line(str(error).removeprefix(f"{experiment.id} ended ")), MAX_LINE)
    return None


def _pods(experiment: Experiment) -> list[dict[str, Any]]:
    if experiment.last_status == "Deleted":
        return []
    try:
        return [
            {key: pod.get(key) for key in ("name", "role", "index", "state", "logSize")}
            for pod in experiment.pods()
        ]
    except NotFound:
        # The server is an older one, or the experiment has just been deleted.
        return [_pod(experiment, role, index) for role, index in _replicas(experiment)]


def _pod(experiment: Experiment, role: str, index: int) -> dict[str, Any]:
    name = f"{experiment.id}-{role.lower()}-{index}"
    return {"name": name, "role": role, "index": index, "state": None, "logSize": None}


def _replicas(experiment: Experiment) -> Iterator[tuple[str, int]]:
    tasks = experiment.spec["spec"].items()
    return chain.from_iterable(
        ((role, index) for index in range(task.get("replicas") or 1)) for role, task in tasks
    )


def _last_lines(experiment: Experiment, pod: dict[str, Any], budget: int) -> list[str]:
    try:
        texts = texts_of(experiment.client, experiment.id, pod, MAX_LINES)
        return _within(map(clean, texts), budget)
    except NotFound:
        return []


def _within(lines: Iterable[str], budget: int) -> list[str]:
    """Return the last lines that fit into `budget` bytes of a notebook's file."""
    kept: list[str] = []
    for line in reversed(list(lines)):
        budget -= _INDENT + _size(line) + _size(escape(line, quote=False))
        if budget < 0:
            break
        kept.append(line)
    return kept[::-1]


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())
