"""`/api/v1/experiment`: create, list, get, patch, stop, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...logs import Cursor
from ..answers import answer, invalid_spec
from ..service import ExperimentService
from .bodies import read_spec


def experiment_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/experiment", tags=["experiment"])

    @router.get("/ping")
    def ping() -> Response:
        return answer("Pong")

    @router.post("")
    async def create(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun")] = False,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        spec = await read_spec(request)
        if spec is None:
            return invalid_spec()
        if dry_run:
            return answer(await run_in_threadpool(service.plan, spec))
        record = await run_in_threadpool(service.create, spec, idempotency_key)
        return answer(record.to_wire())

    @router.get("")
    def list_(status: str | None = None, view: str | None = None) -> Response:
        # Taken before the list, so that a stream from there on misses nothing.
        cursor = Cursor(service.store.last_event())
        records = service.find(status)
        attributes = {"total": len(records), "next": None, "cursor": str(cursor)}
        summary = view == "summary"
        listed = [record.to_wire(summary=summary) for record in records]
        return answer(listed, attributes if status or view else None)

    @router.get("/logs")
    def list_logs(status: str | None = None) -> Response:
        records = service.find(status)
        return answer([service.logs(record, lines=False).to_wire() for record in records])

    @router.get("/logs/{experiment_id}")
    def logs(experiment_id: str) -> Response:
        return answer(service.logs(service.get(experiment_id)).to_wire())

    @router.get("/{experiment_id}")
    def get(experiment_id: str) -> Response:
        return answer(service.get(experiment_id).to_wire())

    @router.patch("/{experiment_id}")
    async def patch(experiment_id: str, request: Request) -> Response:
        await run_in_threadpool(service.get, experiment_id)
        spec = await read_spec(request)
        if spec is None:
            return invalid_spec()
        record = await run_in_threadpool(service.patch, experiment_id, spec)
        return answer(record.to_wire())

    @router.post("/{experiment_id}/stop")
    def stop(experiment_id: str) -> Response:
        return answer(service.stop_experiment(experiment_id).to_wire())

    @router.delete("/{experiment_id}")
    def delete(experiment_id: str) -> Response:
        return answer(service.delete(experiment_id).to_wire())

    return router
