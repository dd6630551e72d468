"""The ASGI application: routes, and errors in the API's envelope."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import ApiError, SpecError
from .access import Access, BodyTooLarge
from .answers import refusal
from .clients import Clients
from .routes.about import about_routes
from .routes.experiments import experiment_routes
from .routes.runs import run_routes
from .routes.streams import stream_routes
from .service import ExperimentService
from .settings import MAX_BODY

log = logging.getLogger(__name__)


def create_app(
    service: ExperimentService, clients: Clients, token: str | None, hosts: Collection[str]
) -> ASGIApp:
    """Return the application.

    Parameters
    ----------
    token, hosts
        See `access.Access`.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.feed.bind()
        yield

    app = FastAPI(
        title="submarine-jupyter experiment server",
        version=version("submarine-jupyter"),
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.include_router(about_routes(service))
    app.include_router(stream_routes(service))
    app.include_router(experiment_routes(service))
    app.include_router(run_routes(service))
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return Access(clients.watching(_without_trailing_slash(app)), token, hosts)


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


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    known = {404: "There is no such route.", 405: "This route does not take that method."}
    standard = HTTPStatus(error.status_code).phrase
    message = (
        known.get(error.status_code, error.detail) if error.detail == standard else error.detail
    )
    return refusal(error.status_code, message)


async def _too_large(_: Request, __: Exception) -> Response:
    return refusal(413, f"The body is larger than {MAX_BODY} bytes.")


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s failed", request.scope.get("route") or request.method, exc_info=error)
    return refusal(500, "The server failed at this; its log says why.")


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    ApiError: _api_error,
    SpecError: _spec_error,
    RequestValidationError: _bad_value,
    HTTPException: _http_error,
    BodyTooLarge: _too_large,
    Exception: _unexpected,
}
