"""`/api/v1/experiment`: create, list, get, patch, stop, delete."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...errors import BadRequest
from ...logs import Cursor
from ...spec import Experiment, ExperimentLog, Status
from ...spec.templates import ExperimentTemplateSubmit
from .. import store
from ..access import name_of
from ..answers import answer, answer_list, answer_pieces, invalid_spec
from ..models import Answer, Plan
from ..service import ExperimentService
from .bodies import SPEC_BODY, body_of, read_body, read_spec

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
        return store.Query(
            **fields, newest_first=self.order == "desc", summary=self.view == "summary"
        )


def experiment_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/experiment", tags=["experiment"])

    @router.get("/ping", response_model=Answer[str])
    def ping() -> Response:
        """Say that the server is up."""
        return answer("Pong")

    @router.post("", response_model=Answer[Experiment | Plan | None], openapi_extra=SPEC_BODY)
    async def create_experiment(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun")] = False,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Create an experiment, which starts as soon as there is room; or only plan it.

        The same `Idempotency-Key` gives the same experiment again. With `dryRun` nothing is
        stored and nothing runs: the result is the plan.
        """
        spec = await read_spec(request)
        if spec is None:
            return invalid_spec()
        if dry_run:
            return answer(await run_in_threadpool(service.plan, spec))
        record = await run_in_threadpool(service.create, spec, idempotency_key, name_of(request))
        return answer(record.to_wire())

    @router.get("", response_model=Answer[list[Experiment]])
    def list_experiments(request: Request, wanted: Annotated[ListParameters, Query()]) -> Response:
        """List experiments in the order in which they came: all, or those that are asked for.

        `next` of the attributes is the `after` of the page that follows. A stream that begins at
        `cursor` misses nothing that happens after the list. A summary leaves out commands,
        variables and code.
        """
        # Taken before the list, so that a stream from there on misses nothing.
        cursor = Cursor(service.store.last_event())
        listing = service.store.listing(wanted.query())

        def attributes() -> dict[str, Any]:
            if not request.query_params:
                return {}
            following = None if listing.next is None else str(listing.next)
            return {"total": listing.total, "next": following, "cursor": str(cursor)}

        return answer_list(listing.texts(), attributes)

    @router.get("/logs", response_model=Answer[list[ExperimentLog]])
    def list_logs(status: StatusParameter = None) -> Response:
        """List the pods of experiments that have logs, without their lines."""
        page = service.find(store.Query(status=status))
        logs = ("".join(service.logs(record, lines=False)) for record in page.records)
        return answer_list(([log] for log in logs), dict)

    @router.get("/logs/{experiment_id}", response_model=Answer[ExperimentLog])
    def get_logs(experiment_id: str) -> Response:
        """Return the whole log of every pod, line by line."""
        return answer_pieces(service.logs(service.get(experiment_id)))

    @router.get("/{experiment_id}", response_model=Answer[Experiment])
    def get_experiment(experiment_id: str) -> Response:
        """Return an experiment: its status, its times and its spec."""
        return answer(service.get(experiment_id).to_wire())

    @router.patch(
        "/{experiment_id}", response_model=Answer[Experiment | None], openapi_extra=SPEC_BODY
    )
    async def patch_experiment(experiment_id: str, request: Request) -> Response:
        """Replace the stored spec whole, and give a run the replicas that it asks for."""
        await run_in_threadpool(service.get, experiment_id)
        spec = await read_spec(request)
        if spec is None:
            return invalid_spec()
        record = await run_in_threadpool(service.patch, experiment_id, spec, name_of(request))
        return answer(record.to_wire())

    @router.post(
        "/{experiment_id}",
        response_model=Answer[Experiment],
        openapi_extra=body_of(ExperimentTemplateSubmit),
    )
    async def submit_template(
        # OpenAPI knows a path by one name only.
        template: Annotated[str, Path(alias="experiment_id", description="name of a template")],
        request: Request,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Create an experiment from a template, with values for its parameters."""
        await run_in_threadpool(service.store.templates.get, template)
        submitted = await read_body(request, ExperimentTemplateSubmit)
        if submitted is None:
            raise BadRequest(400, "params: is missing; give the values of the parameters, or {}")
        params, by = submitted.params, name_of(request)
        record = await run_in_threadpool(
            service.create_from_template, template, params, idempotency_key, by
        )
        return answer(record.to_wire())

    @router.post("/{experiment_id}/stop", response_model=Answer[Experiment])
    def stop_experiment(experiment_id: str, request: Request) -> Response:
        """End a run, which becomes `Failed` with the reason `Stopped`; its logs stay."""
        return answer(service.stop_experiment(experiment_id, name_of(request)).to_wire())

    @router.delete("/{experiment_id}", response_model=Answer[Experiment])
    def delete_experiment(experiment_id: str, request: Request) -> Response:
        """End a run and forget the experiment, its logs and files included."""
        return answer(service.delete(experiment_id, name_of(request)).to_wire())

    return router
