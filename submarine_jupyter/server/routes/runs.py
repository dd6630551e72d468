"""What a run shows: pods, events, raw logs, and the files it wrote."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

from ...errors import NotFound
from ..answers import answer
from ..downloads import download
from ..service import ExperimentService
from ..submitters.base import PodReport
from ..times import to_wire

RangeHeader = Annotated[str | None, Header(alias="Range")]


def run_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/experiment/{experiment_id}", tags=["run"])

    @router.get("/pods")
    def pods(experiment_id: str) -> Response:
        record = service.get(experiment_id)
        return answer([_pod(service, record.id, pod) for pod in service.report(record).pods])

    @router.get("/events")
    def events(experiment_id: str) -> Response:
        record = service.get(experiment_id)
        happened = service.store.events(0, record.id)
        return answer([event.to_wire() for event in happened])

    @router.get("/pods/{pod}/log")
    def raw_log(
        experiment_id: str, pod: str, attempt: int | None = None, wanted: RangeHeader = None
    ) -> Response:
        record = service.get(experiment_id)
        attempts = {report.name: report.attempt for report in service.report(record).pods}
        if pod not in attempts:
            raise NotFound(404, f"{record.id} has no pod of that name.")
        chosen = attempts[pod] if attempt is None else attempt
        if not 1 <= chosen <= attempts[pod]:
            raise NotFound(404, f"attempt: {pod} has been started {attempts[pod]} times.")
        path = service.log_file(record.id, pod, chosen)
        return download(path, f"{pod}.{chosen}.log", "text/plain", wanted)

    @router.get("/files")
    def files(experiment_id: str) -> Response:
        record = service.get(experiment_id)
        root = service.submitter.output_directory(record.id)
        return answer(list(_written(root)))

    @router.get("/files/{path:path}")
    def file(experiment_id: str, path: str, wanted: RangeHeader = None) -> Response:
        record = service.get(experiment_id)
        root = service.submitter.output_directory(record.id)
        found = root / path
        if not _is_written(root, found):
            raise NotFound(404, f"{record.id} wrote no file of that name.")
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return download(found, found.name, kind, wanted)

    return router


def _pod(service: ExperimentService, experiment_id: str, pod: PodReport) -> dict[str, Any]:
    size = pod.log_size
    if size is None:
        path = service.log_file(experiment_id, pod.name, pod.attempt)
        size = path.stat().st_size if path.exists() else 0
    return {
        "name": pod.name,
        "role": pod.role,
        "index": pod.index,
        "state": pod.state.value,
        "attempt": pod.attempt,
        "exitCode": pod.exit_code,
        "signal": pod.signal,
        "reason": pod.reason or ("StoppedByPolicy" if pod.stopped_by == "policy" else None),
        "logSize": size,
        "startTime": to_wire(pod.started),
        "finishTime": to_wire(pod.finished),
    }


def _written(root: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(root.rglob("*")):
        # A run may remove a file while it is listed.
        with suppress(OSError):
            if _is_written(root, path):
                facts = path.stat()
                name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")
                modified = to_wire(facts.st_mtime)
                yield {"path": name, "size": facts.st_size, "modified": modified}


def _is_written(root: Path, path: Path) -> bool:
    """Whether a path is a file below `root`, also once links are followed."""
    try:
        return path.resolve().is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return False
