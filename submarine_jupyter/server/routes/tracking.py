"""What is tracked of runs, as the old workbench asks: tools, artifacts, metrics, parameters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel
from starlette.responses import Response

from ..answers import answer
from ..metrics import Metrics
from ..models import Answer
from ..service import ExperimentService
from ..store import Record
from ..workbench import artifact_paths, metric_rows, param_rows


class ToolInfo(BaseModel):
    """Whether a tool is there, and where."""

    available: bool
    url: str


class Selection(BaseModel):
    """Of which experiment something is wanted."""

    id: str


def tracking_routes(service: ExperimentService, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api", tags=["tracking"])
    tracking = service.tracking

    @router.get("/v1/experiment/tensorboard", response_model=Answer[ToolInfo])
    def get_tensorboard_info() -> Response:
        """Say whether a TensorBoard is configured, and where."""
        return _tool(tracking.tensorboard, "/tensorboard/")

    @router.get("/v1/experiment/mlflow", response_model=Answer[ToolInfo])
    def get_mlflow_info() -> Response:
        """Say whether an MLflow server is configured, and where."""
        return _tool(tracking.mlflow, "/mlflow/")

    @router.get("/v1/experiment/artifacts/{experiment_id}", response_model=Answer[list[str]])
    def get_artifact_paths(experiment_id: str) -> Response:
        """List what a run wrote to `SUBMARINE_OUTPUT_DIR`, one level deep, as the API names it.

        Of an experiment that is not known nothing is listed.
        """
        record = _known(service, experiment_id)
        if record is None:
            return answer([])
        return answer(artifact_paths(record.id, service.submitter.output_directory(record.id)))

    @router.post("/metric/selective", response_model=Answer[list[dict[str, Any]]])
    def select_metrics(wanted: Annotated[Selection, Body()]) -> Response:
        """List the metric values that a run logged, and those that are found in its logs."""
        record = _known(service, wanted.id)
        found = metric_rows(service, record, metrics.series(record.id)) if record else []
        return answer(found)

    @router.post("/param/selective", response_model=Answer[list[dict[str, Any]]])
    def select_params(wanted: Annotated[Selection, Body()]) -> Response:
        """List the parameters that a run logged, and the options of its commands."""
        record = _known(service, wanted.id)
        return answer(param_rows(service, record) if record else [])

    return router


def _known(service: ExperimentService, experiment_id: str) -> Record | None:
    """Return an experiment, or None: these routes know nothing of one that is not there."""
    return service.store.get(experiment_id)


def _tool(url: str | None, usual: str) -> Response:
    return answer({"available": url is not None, "url": url or usual})
