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
        value = yaml.safe_load(_as_yaml(text))
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


def line_of(text: str, field: str) -> int | None:
    """Return the line, from 1, of a dotted field in a YAML or JSON text; None if nothing fits.

    For a field that is missing it is the line of the nearest one around it.
    """
    try:
        node = yaml.compose(_as_yaml(text), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    line = None
    while field and (found := _child(node, field)) is not None:
        mark, node, field = found
        line = mark.line + 1
    return line


def _child(node: yaml.Node | None, field: str) -> tuple[yaml.Mark, yaml.Node, str] | None:
    """Return where the first part of a field stands, its value, and the rest of the field."""
    if isinstance(node, yaml.SequenceNode):
        first, _, rest = field.partition(".")
        if first.isdecimal() and int(first) < len(node.value):
            value = node.value[int(first)]
            return value.start_mark, value, rest
    if isinstance(node, yaml.MappingNode):
        # Keys may hold dots: the longest that fits is meant.
        for key, value in sorted(node.value, key=lambda pair: -len(str(pair[0].value))):
            if f"{field}.".startswith(f"{key.value}."):
                return key.start_mark, value, field[len(str(key.value)) + 1 :]
    return None


def _as_yaml(text: str) -> str:
    # Tabs may indent JSON, not YAML; in a JSON document they mean nothing.
    return text.replace("\t", " ") if text.lstrip().startswith("{") else text
