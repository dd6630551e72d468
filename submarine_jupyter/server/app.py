"""The ASGI application: routes, and errors in the API's envelope."""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from pydantic.json_schema import models_json_schema
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import ApiError, SpecError
from ..spec import EnvironmentSpec, ExperimentSpec
from ..spec.templates import ExperimentTemplateSpec, ExperimentTemplateSubmit
from .access import Access, BodyTooLarge
from .answers import refusal
from .clients import Clients
from .metrics import Metrics
from .models import Refusal
from .routes.about import about_routes
from .routes.catalogue import (
    environment_routes,
    template_routes,
    virtual_environment_routes,
)
from .routes.experiments import experiment_routes
from .routes.logs import log_routes
from .routes.runs import run_routes
from .routes.streams import stream_routes
from .routes.tracking import tracking_routes
from .service import ExperimentService
from .settings import MAX_BODY
from .streams import SharedReaders
from .tokens import Tokens

log = logging.getLogger(__name__)

_SENT = (ExperimentSpec, EnvironmentSpec, ExperimentTemplateSpec, ExperimentTemplateSubmit)

_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "The token is missing or not valid"},
    403: {
        "model": Refusal,
        "description": "The page or the name is a stranger's, or the token only reads",
    },
    "4XX": {"model": Refusal, "description": "What was asked for or sent is not there or wrong"},
}


def create_app(
    service: ExperimentService, clients: Clients, tokens: Tokens | None, hosts: Collection[str]
) -> ASGIApp:
    """Return the application: the API, behind the checks of who may ask.

    Parameters
    ----------
    tokens, hosts
        See `access.Access`.
    """
    api = _without_trailing_slash(create_api(service))
    return Access(clients.watching(api), tokens, hosts)


def create_api(service: ExperimentService) -> FastAPI:
    """Return the API with all its routes, errors in its envelope."""
    metrics = Metrics(service)
    readers = SharedReaders(service, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.feed.bind()
        readers.watcher.bind()
        metrics.start()
        yield
        metrics.stop()
        readers.watcher.close()

    app = _Api(
        title="submarine-jupyter experiment server",
        version=version("submarine-jupyter"),
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        responses=_REFUSALS,
        # Only described here: `Access` has looked at the token before.
        dependencies=[Depends(HTTPBearer(auto_error=False))],
    )
    app.include_router(about_routes(service))
    app.include_router(stream_routes(service, readers))
    app.include_router(tracking_routes(service, metrics))
    app.include_router(experiment_routes(service))
    app.include_router(environment_routes(service))
    app.include_router(virtual_environment_routes(service))
    app.include_router(template_routes(service))
    app.include_router(run_routes(service, metrics))
    app.include_router(log_routes(service, metrics))
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return app


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Describe the API, specs as they are sent: a serializer would hide their fields."""
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described["components"]["schemas"]
            _, read = models_json_schema(
                [(model, "validation") for model in _SENT],
                ref_template="#/components/schemas/{model}",
            )
            schemas.update(read["$defs"])
            # Anybody may ask whether a server is here.
            del described["paths"]["/"]["get"]["security"]
        return super().openapi()


def _without_trailing_slash(app: ASGIApp) -> ASGIApp:
    """Let `/api/v1/experiment/` mean `/api/v1/experiment`, as the API has it."""

    async def stripped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != "/":
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await app(scope, receive, send)

    return stripped


async def _api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class
    return refusal(error.code, error.message)


async def _spec_error(_: Request, error: Exception) -> Response:
    return refusal(400, "; ".join(str(error).splitlines()))


async def _bad_value(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    said = (
        f"{entry['loc'][-1]}: {entry['msg'].removeprefix('Value error, ')}"
        for entry in error.errors()
    )
    return refusal(400, "; ".join(said))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    known = {404: "There is no such route.", 405: "This route does not take that method."}
    standard = HTTPStatus(error.status_code).phrase
    message = (
        known.get(error.status_code, error.detail) if error.detail == standard else error.detail
    )
    headers = {"Allow": ", ".join(_allowed(request))} if error.status_code == 405 else None
    return refusal(error.status_code, message, headers)


def _allowed(request: Request) -> list[str]:
    """Return the methods that a path takes, which several routes may share."""
    path = getattr(request.scope.get("route"), "path_format", "")
    return sorted(method.upper() for method in request.app.openapi()["paths"].get(path, ()))


async def _too_large(_: Request, __: Exception) -> Response:
    return refusal(413, f"The body is larger than {MAX_BODY} bytes.")


async def _lacking(request: Request, error: Exception) -> Response:
    """Say what the machine lacks, where that is what an error comes from."""
    number = error.errno if isinstance(error, OSError) else None
    said = str(error.orig) if isinstance(error, OperationalError) else ""
    state = _sqlstate(error)
    if number in {errno.ENOSPC, errno.EDQUOT} or "disk is full" in said or state == _DISK_FULL:
        return refusal(507, "The disk that holds the experiments is full; free some space.")
    if number in {errno.EMFILE, errno.ENFILE} or "unable to open database file" in said:
        return refusal(
            503, "The server has too many files open; close some pages, or raise its limit."
        )
    if state is not None:
        log.warning("the database does not answer: %s", " ".join(said.split()))
        return refusal(
            503, "The database of the experiments does not answer; try again in a moment."
        )
    return await _unexpected(request, error)


_DISK_FULL = "53100"


def _sqlstate(error: Exception) -> str | None:
    """Return PostgreSQL's code of an error, empty where it gave none; None of other databases."""
    if not isinstance(error, OperationalError) or error.orig is None:
        return None
    return (error.orig.sqlstate or "") if hasattr(error.orig, "sqlstate") else None


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s failed", request.scope.get("route") or request.method, exc_info=error)
    return refusal(500, "The server failed at this; its log says why.")


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    ApiError: _api_error,
    SpecError: _spec_error,
    RequestValidationError: _bad_value,
    HTTPException: _http_error,
    BodyTooLarge: _too_large,
    OSError: _lacking,
    OperationalError: _lacking,
    Exception: _unexpected,
}
