"""Programs, flags and specs into the spec that is sent; the notebook's tests try every flag."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from submarine_jupyter.errors import SpecError, UsageError
from submarine_jupyter.spec.flags import add_flags
from submarine_jupyter.spec.submission import (
    Defaults,
    as_name,
    checked,
    imported_packages,
    parse_program,
    with_defaults,
    with_flags,
)


def flags(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_flags(parser, name="else none")
    return parser.parse_args(words)


def test_imports() -> None:
    source = (
        "import os.path, torch.nn as nn\ndef f():\n  from xgboost.core import a\nfrom . import b"
    )
    assert imported_packages(parse_program(source)) == {"os", "torch", "xgboost"}


@pytest.mark.parametrize(("source", "line"), [("x = 1\ny = = 2", 5), ("await x", 4)])
def test_lines_count_from_where_the_author_sees_them(source: str, line: int) -> None:
    with pytest.raises(SyntaxError) as caught:
        parse_program(source, 4)
    assert caught.value.lineno == line


def test_a_variable_reaches_roles_with_variables_of_their_own() -> None:
    given: dict[str, Any] = {
        "meta": {"name": "a"},
        "spec": {"Ps": {}, "Worker": {"envVars": {"B": "2"}}, "Master": {"envVars": {}}},
    }
    changed = with_flags(given, flags("-e", "A=1=2", "-e", "C="))
    assert changed["meta"]["envVars"] == {"A": "1=2", "C": ""}
    assert changed["spec"] == {
        "Ps": {},
        "Worker": {"envVars": {"A": "1=2", "B": "2", "C": ""}},
        "Master": {"envVars": {"A": "1=2", "C": ""}},
    }
    assert given["spec"]["Worker"]["envVars"] == {"B": "2"}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"meta": {"envVars": ["A"]}}, "meta.envVars: must be a mapping, not"),
        ({"spec": {"Ps": {"envVars": "A=1"}}}, "spec.Ps.envVars: must be a mapping, not 'A=1'"),
        ({"spec": {"Ps": None}}, "spec: must be a mapping"),
        ({"meta": "a"}, "meta: must be a mapping, not 'a'"),
    ],
)
def test_parts_that_take_no_flags(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(SpecError) as caught:
        with_flags(spec, flags("-e", "A=1"))
    assert says in str(caught.value)


def test_roles_that_are_no_texts_are_named_too() -> None:
    with pytest.raises(UsageError, match="there are 1, Worker"):
        with_flags({"spec": {1: {}, "Worker": {}}}, flags("--resources", "Ps:cpu=1"))


@pytest.mark.parametrize(
    ("text", "name"), [("My Run.v2", "my-run-v2"), ("_Ünï", "n"), ("…", ""), ("a" * 99, "a" * 63)]
)
def test_names(text: str, name: str) -> None:
    assert as_name(text) == name


def test_defaults_stand_where_a_spec_says_nothing() -> None:
    defaults = Defaults(
        framework="PyTorch",
        resources="cpu=2",
        image="some/image",
        tags=["team"],
        variables={"A": "1", "B": "2"},
    )
    given: dict[str, Any] = {
        "meta": {"name": "a", "envVars": {"A": "own"}},
        "environment": {},
        "spec": {"Master": {}, "Worker": {"resources": "cpu=1", "envVars": {"B": "own"}}},
    }
    spec = with_defaults(given, defaults)
    assert spec == {
        "meta": {
            "name": "a",
            "framework": "PyTorch",
            "tags": ["team"],
            "envVars": {"A": "own", "B": "2"},
        },
        "environment": {"image": "some/image"},
        "spec": {
            "Master": {"resources": "cpu=2"},
            "Worker": {"resources": "cpu=1", "envVars": {"B": "own", "A": "1"}},
        },
    }
    assert given["environment"] == {}
    named = with_defaults({**given, "environment": {"name": "mine"}}, defaults)
    assert named["environment"] == {"name": "mine"}


def test_image_and_environment_are_flags() -> None:
    spec = with_flags({}, flags("--image", "some/image", "--environment", "mine"))
    assert spec["environment"] == {"image": "some/image", "name": "mine"}


def test_all_problems_come_at_once() -> None:
    wrong = {
        "meta": {"name": "a b", "cmd": ["x"], "framework": "PyTorch"},
        "spec": {
            "Worker": {"replicas": "some", "resources": "cpu=z"},
            "Boss": {"resources": "cpu=1"},
        },
    }
    with pytest.raises(SpecError) as caught:
        checked(wrong)
    fields = [problem.field for problem in caught.value.problems]
    assert sorted(fields) == [
        "environment",
        "meta.cmd",
        "meta.name",
        "spec.Boss",
        "spec.Worker.replicas",
        "spec.Worker.resources",
    ]
