"""A spec from text: YAML, or JSON as in the API's own documents."""

from __future__ import annotations

import yaml

from ..errors import Problem, SpecError
from .models import ExperimentSpec


def load_spec(text: str) -> ExperimentSpec:
    """Read a spec; SpecError names line and column of bad YAML or JSON, or the field that is wrong.

    JSON needs no reader of its own: it is YAML.
    """
    return ExperimentSpec.from_wire(load_mapping(text))


def load_mapping(text: str) -> dict[str, object]:
    """Read a YAML or JSON mapping; lines and columns in errors count from 1."""
    try:
        # Tabs may indent JSON, not YAML; in a JSON document they mean nothing.
        value = yaml.safe_load(text.replace("\t", " ") if text.lstrip().startswith("{") else text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpecError([Problem(where, f"not valid YAML or JSON: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SpecError([Problem("", f"not valid YAML or JSON: {error}")]) from None
    if not isinstance(value, dict):
        kind = "empty" if value is None else f"a {type(value).__name__}"
        raise SpecError([Problem("", f"a spec is a mapping with meta and spec; this is {kind}")])
    return value
