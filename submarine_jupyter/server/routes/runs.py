"""What a run shows: pods, events, raw logs, and the files it wrote."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from ...errors import NotFound
from ..answers import answer
from ..service import ExperimentService
from ..submitters.base import PodReport
from ..times import to_wire

# What a run wrote is nobody's page: it is never shown by the browser as one of this origin.
_AS_DATA = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


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
    def raw_log(experiment_id: str, pod: str, attempt: int = 1) -> Response:
        record = service.get(experiment_id)
        if pod not in {report.name for report in service.report(record).pods}:
            raise NotFound(404, f"{record.id} has no pod of that name.")
        path = service.log_file(record.id, pod, attempt)
        if not path.exists():
            return Response(media_type="text/plain; charset=utf-8", headers=_AS_DATA)
        return FileResponse(
            path, media_type="text/plain", filename=f"{pod}.{attempt}.log", headers=_AS_DATA
        )

    @router.get("/files")
    def files(experiment_id: str) -> Response:
        record = service.get(experiment_id)
        root = service.submitter.output_directory(record.id)
        return answer([_file(root, path) for path in sorted(_written(root))])

    @router.get("/files/{path:path}")
    def file(experiment_id: str, path: str) -> Response:
        record = service.get(experiment_id)
        root = service.submitter.output_directory(record.id)
        if "\0" in path or not (found := root / path).is_file() or not _is_inside(root, found):
            raise NotFound(404, f"{record.id} wrote no file of that name.")
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return FileResponse(found, media_type=kind, filename=found.name, headers=_AS_DATA)

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


def _written(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and _is_inside(root, path))


def _is_inside(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def _file(root: Path, path: Path) -> dict[str, Any]:
    facts = path.stat()
    return {
        "path": path.relative_to(root).as_posix(),
        "size": facts.st_size,
        "modified": to_wire(facts.st_mtime),
    }
