"""Fields that are misspelt: the API ignores what it does not know, their author meant something."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Problem
from .models import (
    CodeSpec,
    EnvironmentSpec,
    ExperimentMeta,
    ExperimentSpec,
    ExperimentTaskSpec,
    Model,
)

_SIMILAR = 0.75


def misspelt(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the unknown fields of a spec that look like a known one."""
    yield from _in(spec, ExperimentSpec, "")
    yield from _in(spec.get("meta"), ExperimentMeta, "meta.")
    yield from _in(spec.get("environment"), EnvironmentSpec, "environment.")
    yield from _in(spec.get("code"), CodeSpec, "code.")
    tasks = spec.get("spec")
    for role, task in tasks.items() if isinstance(tasks, Mapping) else ():
        yield from _in(task, ExperimentTaskSpec, f"spec.{role}.")


def _in(part: object, model: type[Model], path: str) -> Iterator[Problem]:
    if not isinstance(part, Mapping):
        return
    known = [field.alias or name for name, field in model.model_fields.items()]
    known += [field.alias or name for name, field in model.model_computed_fields.items()]
    for key in part:
        near = difflib.get_close_matches(str(key), known, n=1, cutoff=_SIMILAR)
        if key not in known and near and near[0] not in part:
            yield Problem(f"{path}{key}", f"is no field of a spec; did you mean {near[0]}?")
