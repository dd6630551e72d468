"""`/api/v1/experiment`: create, list, get, patch, stop, delete."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...logs import Cursor
from ...spec import Status
from .. import store
from ..answers import answer, invalid_spec
from ..service import ExperimentService
from .bodies import read_spec

_MAX_LIMIT = 10_000
_MAX_NUMBER = 2**62


def _any_case(value: object) -> object:
    return Status.parse(value) if isinstance(value, str) else value


StatusParameter = Annotated[Status | None, BeforeValidator(_any_case)]


class ListParameters(BaseModel):
    """The query of a list; what it does not know is ignored, as the API has it."""

    status: StatusParameter = None
    name: str | None = None
    tag: str | None = None
    framework: str | None = None
    order: Literal["asc", "desc"] = "asc"
    limit: Annotated[int | None, Field(ge=0, le=_MAX_LIMIT)] = None
    after: Annotated[int | None, Field(ge=0, le=_MAX_NUMBER)] = None
    view: Literal["full", "summary"] = "full"

    def query(self) -> store.Query:
        """Return it as the store takes it."""
        fields = self.model_dump(exclude={"order", "view"})
        return store.Query(**fields, newest_first=self.order == "desc")


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
    def list_(request: Request, wanted: Annotated[ListParameters, Query()]) -> Response:
        # Taken before the list, so that a stream from there on misses nothing.
        cursor = Cursor(service.store.last_event())
        page = service.find(wanted.query())
        listed = [record.to_wire(summary=wanted.view == "summary") for record in page.records]
        if not request.query_params:
            return answer(listed)
        following = None if page.next is None else str(page.next)
        return answer(listed, {"total": page.total, "next": following, "cursor": str(cursor)})

    @router.get("/logs")
    def list_logs(status: StatusParameter = None) -> Response:
        page = service.find(store.Query(status=status))
        return answer([service.logs(record, lines=False).to_wire() for record in page.records])

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
