"""The spec of a past experiment, to begin a new one with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...spec import ExperimentSpec

if TYPE_CHECKING:
    from ...client import Experiment

# Where and from what it ran; a new run is of this place and this moment.
_OWN_OF_A_RUN = "SUBMARINE_"


def spec_of(experiment: Experiment) -> ExperimentSpec:
    """Return the spec of an experiment without what says where that one ran."""
    spec: dict[str, Any] = experiment.spec
    meta = {**spec["meta"], "envVars": _lasting(spec["meta"].get("envVars") or {})}
    tasks = {
        role: {**task, "envVars": _lasting(task["envVars"])} if task.get("envVars") else task
        for role, task in spec["spec"].items()
    }
    return ExperimentSpec.from_wire({**spec, "meta": meta, "spec": tasks})


def _lasting(variables: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if not name.startswith(_OWN_OF_A_RUN)}
