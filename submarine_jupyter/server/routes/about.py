"""What the server is: its name, features and schema."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ...processes import host_id
from ...spec.schema import experiment_schema
from ...spec.validation import MAX_REPLICAS
from ..access import role_of
from ..answers import answer
from ..models import Answer, Info, Limits
from ..service import ExperimentService
from ..settings import MAX_BODY

_API = "1"
_FEATURES = (
    "dry-run",
    "events",
    "files",
    "idempotency",
    "log-lines",
    "log-search",
    "metrics",
    "pods",
    "raw-log",
    "stop",
    "stream",
    "summary",
    "virtual-environments",
)


def about_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["about"])

    @router.get("/", response_model=Answer[str])
    def get_root() -> Response:
        """Say that a server is here, to anybody."""
        return answer("submarine-jupyter")

    @router.get("/api/v1/info", response_model=Answer[Info])
    def get_info(request: Request) -> Response:
        """Say which server this is, and what it adds to the documented API."""
        info = Info(
            name="submarine-jupyter",
            version=version("submarine-jupyter"),
            server=service.server_id,
            host=host_id(),
            api=_API,
            role=role_of(request),
            submitter=service.submitter.name,
            features=_FEATURES,
            limits=Limits(body_bytes=MAX_BODY, replicas=MAX_REPLICAS),
        )
        return answer(info.to_wire())

    @router.get("/api/v1/schema", response_model=Answer[dict[str, Any]])
    def get_schema() -> Response:
        """Return the JSON Schema of an experiment's spec."""
        return answer(experiment_schema())

    return router
