"""Server-sent events of one experiment, and of all."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...errors import BadRequest
from ...logs import Cursor
from ..service import ExperimentService
from ..streams import AllExperimentsStream, ExperimentStream

LastEventId = Annotated[str | None, Header()]


def stream_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1", tags=["stream"])

    def _check_pods(experiment_id: str, wanted: list[str] | None) -> None:
        record = service.get(experiment_id)
        known = [pod.name for pod in service.report(record).pods]
        for name in wanted or []:
            if name not in known:
                raise BadRequest(400, f"pods: {name!r} is none of {', '.join(known)}")

    def respond(records: AsyncIterable[bytes]) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(records, media_type="text/event-stream", headers=headers)

    @router.get("/stream")
    async def all_experiments(
        after: str | None = None, last_event_id: LastEventId = None
    ) -> Response:
        return respond(AllExperimentsStream(service, _cursor(last_event_id or after)))

    @router.get("/experiment/{experiment_id}/stream")
    async def experiment(
        experiment_id: str,
        after: str | None = None,
        tail: Annotated[int | None, Query(ge=0)] = None,
        pods: str | None = None,
        last_event_id: LastEventId = None,
    ) -> Response:
        cursor = _cursor(last_event_id or after)
        wanted = pods.split(",") if pods else None
        await run_in_threadpool(_check_pods, experiment_id, wanted)
        return respond(ExperimentStream(service, experiment_id, cursor, tail, wanted))

    return router


def _cursor(text: str | None) -> Cursor | None:
    if not text:
        return None
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise BadRequest(400, f"after: {error}") from None
