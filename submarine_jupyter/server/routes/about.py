"""What the server is: its name, features and schema."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter
from starlette.responses import Response

from ...processes import host_id
from ...spec import ExperimentSpec
from ...spec.validation import MAX_REPLICAS
from ..answers import answer
from ..service import ExperimentService
from ..settings import MAX_BODY

_API = "1"
_FEATURES = (
    "dry-run",
    "events",
    "files",
    "idempotency",
    "pods",
    "raw-log",
    "stop",
    "stream",
    "summary",
)


def about_routes(service: ExperimentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["about"])

    @router.get("/")
    def root() -> Response:
        return answer("submarine-jupyter")

    @router.get("/api/v1/info")
    def info() -> Response:
        return answer(
            {
                "name": "submarine-jupyter",
                "version": version("submarine-jupyter"),
                "server": service.server_id,
                "host": host_id(),
                "api": _API,
                "submitter": service.submitter.name,
                "features": _FEATURES,
                "limits": {"bodyBytes": MAX_BODY, "replicas": MAX_REPLICAS},
            }
        )

    @router.get("/api/v1/schema")
    def schema() -> Response:
        return answer(ExperimentSpec.model_json_schema(by_alias=True))

    return router
