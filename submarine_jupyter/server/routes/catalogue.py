"""Environments and templates: register, list, get, patch, delete; and what was made of them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...spec import Environment, EnvironmentSpec
from ...spec.templates import ExperimentTemplate, ExperimentTemplateSpec
from ..answers import answer
from ..models import Answer, MadeEnvironment
from ..service import ExperimentService
from ..submitters.base import VirtualEnvironment
from .bodies import body_of, read_body


def environment_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/environment", tags=["environment"])
    environments = service.store.environments
    body = body_of(EnvironmentSpec)

    @router.post("", response_model=Answer[Environment], openapi_extra=body)
    async def create_environment(request: Request) -> Response:
        """Register an environment under its name, for experiments to use."""
        spec = await read_body(request, EnvironmentSpec)
        return answer((await run_in_threadpool(environments.register, spec)).to_wire())

    @router.get("", response_model=Answer[list[Environment]])
    def list_environment() -> Response:
        """List the environments, in the order in which they were registered."""
        return answer([entry.to_wire() for entry in environments.list()])

    @router.get("/{name}", response_model=Answer[Environment])
    def get_environment(name: str) -> Response:
        """Return an environment."""
        return answer(environments.get(name).to_wire())

    @router.patch("/{name}", response_model=Answer[Environment], openapi_extra=body)
    async def update_environment(name: str, request: Request) -> Response:
        """Replace the spec of an environment, all but its name; its id stays."""
        await run_in_threadpool(environments.get, name)
        spec = await read_body(request, EnvironmentSpec)
        return answer((await run_in_threadpool(environments.patch, name, spec)).to_wire())

    @router.delete("/{name}", response_model=Answer[Environment])
    def delete_environment(name: str) -> Response:
        """Forget an environment; runs that use it go on."""
        return answer(environments.delete(name).to_wire())

    return router


def virtual_environment_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/virtual-environments", tags=["environment"])

    @router.get("", response_model=Answer[list[MadeEnvironment]])
    def list_virtual_environments() -> Response:
        """List what was made of environments for runs on this server."""
        return answer(
            [_made(entry).to_wire() for entry in service.submitter.virtual_environments()]
        )

    @router.delete("", response_model=Answer[list[MadeEnvironment]])
    def prune_virtual_environments() -> Response:
        """Remove what was made and no run uses; it is made again when it is wanted."""
        return answer([_made(entry).to_wire() for entry in service.submitter.prune()])

    return router


def _made(entry: VirtualEnvironment) -> MadeEnvironment:
    return MadeEnvironment(
        key=entry.key,
        packages=list(entry.packages),
        size=entry.size,
        ready=entry.is_ready,
        used=entry.is_used,
    )


def template_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/template", tags=["template"])
    templates = service.store.templates
    body = body_of(ExperimentTemplateSpec)

    @router.post("", response_model=Answer[ExperimentTemplate], openapi_extra=body)
    async def create_template(request: Request) -> Response:
        """Register a template: an experiment's spec with `{{placeholders}}`.

        Parameters for the replicas, the cpu and the memory of each role are added.
        """
        spec = await read_body(request, ExperimentTemplateSpec)
        return answer((await run_in_threadpool(templates.register, spec)).to_wire())

    @router.get("", response_model=Answer[list[ExperimentTemplate]])
    def list_template() -> Response:
        """List the templates, in the order in which they were registered."""
        return answer([entry.to_wire() for entry in templates.list()])

    @router.get("/{name}", response_model=Answer[ExperimentTemplate])
    def get_template(name: str) -> Response:
        """Return a template."""
        return answer(templates.get(name).to_wire())

    @router.patch("/{name}", response_model=Answer[ExperimentTemplate], openapi_extra=body)
    async def update_template(name: str, request: Request) -> Response:
        """Replace the spec of a template, all but its name; its id stays."""
        await run_in_threadpool(templates.get, name)
        spec = await read_body(request, ExperimentTemplateSpec)
        return answer((await run_in_threadpool(templates.patch, name, spec)).to_wire())

    @router.delete("/{name}", response_model=Answer[ExperimentTemplate])
    def delete_template(name: str) -> Response:
        """Forget a template."""
        return answer(templates.delete(name).to_wire())

    return router
