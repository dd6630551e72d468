"""What a run shows: pods, events, raw logs, and the files it wrote."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from ...errors import NotFound
from ..answers import answer
from ..downloads import described, download
from ..metrics import Metrics
from ..models import Answer, MetricSeries, OutputFile, Pod, TimelineEvent
from ..service import ExperimentService
from ..submitters.base import PodReport
from ..times import to_wire

RangeHeader = Annotated[str | None, Header(alias="Range")]


def run_routes(service: ExperimentService, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/experiment/{experiment_id}", tags=["run"])

    @router.get("/pods", response_model=Answer[list[Pod]])
    def list_pods(experiment_id: str) -> Response:
        """List the replicas of a run and what has become of each."""
        record = service.get(experiment_id)
        pods = [_pod(service, record.id, pod) for pod in service.report(record).pods]
        return answer([pod.to_wire() for pod in pods])

    @router.get("/events", response_model=Answer[list[TimelineEvent]])
    def list_events(experiment_id: str) -> Response:
        """List what happened to an experiment, oldest first."""
        record = service.get(experiment_id)
        happened = service.store.events(0, record.id)
        return answer([event.to_wire() for event in happened])

    @router.get("/metrics", response_model=Answer[list[MetricSeries]])
    def list_metrics(experiment_id: str) -> Response:
        """List the metrics that are found in the log lines of each pod.

        A point is `[step, value, offset]`: the offset is that of its line in the log; the step is
        null where the line has none, the value where it is no finite number.
        """
        record = service.get(experiment_id)
        return answer(metrics.series(record.id))

    @router.get("/files", response_model=Answer[list[OutputFile]])
    def list_files(experiment_id: str) -> Response:
        """List the files that a run wrote to `SUBMARINE_OUTPUT_DIR`."""
        record = service.get(experiment_id)
        root = service.submitter.output_directory(record.id)
        return answer([file.to_wire() for file in _written(root)])

    @router.get("/files/{path:path}", response_class=Response, responses=described("*/*"))
    def get_file(experiment_id: str, path: str, wanted: RangeHeader = None) -> Response:
        """Return a file that a run wrote, or a range of it, as an attachment."""
        record = service.get(experiment_id)
        root = service.submitter.output_directory(record.id).resolve()
        found = root / path
        if not _is_written(root, found):
            raise NotFound(404, f"{record.id} wrote no file of that name.")
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return download(found, found.name, kind, wanted)

    return router


def _pod(service: ExperimentService, experiment_id: str, pod: PodReport) -> Pod:
    size = pod.log_size
    if size is None:
        path = service.log_file(experiment_id, pod.name, pod.attempt)
        size = path.stat().st_size if path.exists() else 0
    return Pod(
        name=pod.name,
        role=pod.role,
        index=pod.index,
        state=pod.state,
        attempt=pod.attempt,
        exit_code=pod.exit_code,
        signal=pod.signal,
        reason=pod.reason or ("StoppedByPolicy" if pod.stopped_by == "policy" else None),
        log_first=pod.log_first,
        log_size=size,
        start_time=to_wire(pod.started),
        finish_time=to_wire(pod.finished),
    )


def _written(directory: Path) -> Iterator[OutputFile]:
    root = directory.resolve()
    for path in sorted(root.rglob("*")):
        # A run may remove a file while it is listed.
        with suppress(OSError):
            facts = path.stat()
            # `rglob` follows no links, so that only they can lead out.
            is_below = not path.is_symlink() or _is_written(root, path)
            if is_below and stat.S_ISREG(facts.st_mode):
                name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")
                modified = to_wire(facts.st_mtime)
                yield OutputFile(path=name, size=facts.st_size, modified=modified)


def _is_written(root: Path, path: Path) -> bool:
    """Whether a path is a file below `root`, which has no links, also once links are followed."""
    try:
        return path.is_file() and path.resolve().is_relative_to(root)
    except (OSError, ValueError):  # too long, or with a NUL
        return False
