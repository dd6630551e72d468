"""Manifests against the models that the training operator's own client publishes."""

from __future__ import annotations

import re
from typing import Any

import pytest

_MANY = re.compile(r"(list\[|dict\(str, )(.+)[\])]")
_PLAIN = {"str": str, "int": int, "bool": bool, "object": object, "datetime": str}


def assert_is(model: str, value: Any, place: str = "") -> None:
    """Assert that plain data is what a model takes: its fields, and the types of these."""
    many = _MANY.fullmatch(model)
    if many is not None:
        kind = list if many[1].startswith("list") else dict
        assert isinstance(value, kind), f"{place} is no {kind.__name__}"
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for name, entry in entries:
            assert_is(many[2], entry, f"{place}.{name}")
    elif model in _PLAIN:
        assert isinstance(value, _PLAIN[model]), f"{place} is no {model}: {value!r}"
    else:
        known = _model(model)
        names = {wire: name for name, wire in known.attribute_map.items()}
        for wire, entry in value.items():
            assert wire in names, f"{place} has no field {wire}"
            assert_is(known.openapi_types[names[wire]], entry, f"{place}.{wire}")
        # It refuses what lacks a field that is required.
        known(**{names[wire]: entry for wire, entry in value.items()})


def _model(name: str) -> Any:
    training = pytest.importorskip("kubeflow.training.models", reason="pip install '.[test]'")
    client = pytest.importorskip("kubernetes.client.models")
    found = getattr(training, name, None) or getattr(client, name, None)
    assert found is not None, f"there is no model {name}"
    return found
