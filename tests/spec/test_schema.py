"""The published JSON Schema agrees with what is accepted."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from submarine_jupyter.errors import SpecError
from submarine_jupyter.spec import ExperimentSpec
from submarine_jupyter.spec.schema import ROLES, experiment_schema
from submarine_jupyter.spec.validation import check

SPEC: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "create-request.json").read_text()
)


def schema_refuses(spec: dict[str, Any]) -> bool:
    return bool(list(Draft202012Validator(experiment_schema()).iter_errors(spec)))


def we_refuse(spec: dict[str, Any]) -> bool:
    try:
        check(ExperimentSpec.from_wire(spec))
    except SpecError:
        return True
    return False


def changed(path: str, value: Any) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC)
    *parts, last = path.split(".")
    owner: Any = spec
    for part in parts:
        owner = owner[part]
    owner[last] = value
    return spec


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(experiment_schema())
    assert experiment_schema()["properties"]["spec"][ROLES]["PyTorch"] == ["Master", "Worker"]
    assert not schema_refuses(SPEC)


@pytest.mark.parametrize(
    ("path", "value", "refused"),
    [
        ("meta.name", "-x", True),
        ("meta.name", "x" * 64, True),
        ("meta.name", "Tf.Mnist_1", False),
        ("meta.framework", "MXNet", True),
        ("meta.framework", " tensorflow", False),
        ("meta.framework", "PyTorch", True),
        ("spec.Worker.replicas", 0, True),
        ("spec.Worker.resources", None, True),
        ("spec.worker2", {"resources": "cpu=1"}, True),
        ("spec.cHIEF", {"resources": "cpu=1"}, False),
        ("spec", {}, True),
    ],
)
def test_it_refuses_what_the_server_refuses(path: str, value: Any, refused: bool) -> None:
    spec = changed(path, value)
    assert schema_refuses(spec) is refused
    assert we_refuse(spec) is refused
