"""What is added to a spec so that it runs where its sender is: directory and interpreter."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import Problem, SpecError
from ..spec.models import ExperimentSpec

WORKDIR = "SUBMARINE_WORKDIR"
PYTHON = "SUBMARINE_PYTHON"


def wire_spec(spec: object) -> dict[str, Any]:
    """Return a spec as it is sent: only what its author gave.

    Apache Submarine refuses `resourceMap`, which its own answers hold, and some nulls.
    """
    if isinstance(spec, ExperimentSpec):
        given: object = spec.to_wire()
    elif isinstance(spec, dict):
        given = copy.deepcopy(spec)
    else:
        kind = type(spec).__name__
        raise SpecError([Problem("", f"a spec is a dict or an ExperimentSpec, not {kind}")])
    # Reading it names what is missing or of the wrong type before anything is sent.
    ExperimentSpec.from_wire(given)
    wire: dict[str, Any] = _without_nulls(given)
    for task in wire["spec"].values():
        task.pop("resourceMap", None)
    try:
        json.dumps(wire, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"holds what JSON cannot ({error}); use texts, numbers, lists and dicts"
        raise SpecError([Problem("spec", message)]) from None
    return wire


def add_place(wire: dict[str, Any]) -> None:
    """Put this process's directory and interpreter into a wire spec, unless already set there.

    A role's own variables replace the common ones, so they get both too.
    """
    here = {WORKDIR: str(Path.cwd()), PYTHON: sys.executable}
    wire["meta"].setdefault("envVars", {})
    owners = [wire["meta"], *(task for task in wire["spec"].values() if "envVars" in task)]
    for owner in owners:
        owner["envVars"] = {**here, **owner["envVars"]}


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: entry if key == "envVars" else _without_nulls(entry)
        for key, entry in value.items()
        if entry is not None
    }
