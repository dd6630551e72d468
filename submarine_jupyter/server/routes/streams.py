"""Server-sent events of one experiment, and of all."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...errors import BadRequest
from ...logs import Cursor
from ..service import ExperimentService
from ..streams import AllExperimentsStream, ExperimentStream, SharedReaders

LastEventId = Annotated[str | None, Header()]

_KIND = "text/event-stream"

_RECORD = {
    "description": "one event of the stream",
    "type": "object",
    "properties": {
        "event": {"type": "string"},
        "id": {"type": "string", "description": "cursor: where to go on after this record"},
        "data": {"type": "string", "description": "a JSON object"},
    },
    "required": ["event", "data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events", "content": {_KIND: {"schema": _RECORD}}}
}
"""What OpenAPI says of a stream."""


def stream_routes(service: ExperimentService, readers: SharedReaders) -> APIRouter:
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
        return StreamingResponse(records, media_type=_KIND, headers=headers)

    @router.get("/stream", response_class=Response, responses=_STREAM)
    async def stream_all(after: str | None = None, last_event_id: LastEventId = None) -> Response:
        """Follow all experiments: records `status`, `event` and `deleted`.

        Each record's `id` is a cursor: who comes back with it, as `after` or as `Last-Event-ID`,
        misses nothing and gets nothing twice.
        """
        return respond(AllExperimentsStream(service, _cursor(last_event_id or after)))

    @router.get("/experiment/{experiment_id}/stream", response_class=Response, responses=_STREAM)
    async def stream_experiment(
        experiment_id: str,
        after: str | None = None,
        tail: Annotated[int | None, Query(ge=0)] = None,
        pods: str | None = None,
        last_event_id: LastEventId = None,
    ) -> Response:
        """Follow one experiment: records `status`, `event`, `log`, and `end` after the last byte.

        `tail` bounds the lines of each pod that a new reader gets, `pods` names those whose logs
        are wanted, divided by commas. Each record's `id` is a cursor, as in the stream of all.
        """
        cursor = _cursor(last_event_id or after)
        wanted = pods.split(",") if pods else None
        await run_in_threadpool(_check_pods, experiment_id, wanted)
        return respond(
            ExperimentStream(service, readers, experiment_id, cursor=cursor, tail=tail, pods=wanted)
        )

    return router


def _cursor(text: str | None) -> Cursor | None:
    if not text:
        return None
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise BadRequest(400, f"after: {error}") from None
