"""From cell and flags to the spec that is sent."""

from __future__ import annotations

from typing import Any

import pytest

from submarine_jupyter.errors import SpecError, SubmarineError, UsageError
from submarine_jupyter.magics.commands import COMMANDS
from submarine_jupyter.magics.naming import default_name
from submarine_jupyter.spec.cell import read_body
from submarine_jupyter.spec.grammar import split
from submarine_jupyter.spec.interpolation import Values
from submarine_jupyter.spec.program import decode_cell
from submarine_jupyter.spec.submission import Source, checked, spec_of_program, with_flags


def program(source: str, line: str = "") -> dict[str, Any]:
    flags = COMMANDS["experiment"].parser().parse(split(line))
    tree = read_body(source, Values({}), "code").program
    assert tree is not None
    sent = spec_of_program(Source(source, tree, "Cell In[1]", 2), default_name(), flags)
    return checked(sent).to_wire()


def spec(mapping: dict[str, Any], line: str) -> dict[str, Any]:
    flags = COMMANDS["experiment"].parser().parse(split(line))
    return checked(with_flags(mapping, flags)).to_wire()


@pytest.mark.parametrize(
    ("source", "framework", "roles"),
    [
        ("x = 1", "TensorFlow", {"Worker": 1}),
        ("import tensorflow as tf", "TensorFlow", {"Worker": 1}),
        ("from torch import nn", "PyTorch", {"Master": 1}),
        ("import xgboost", "XGBoost", {"Master": 1}),
    ],
)
def test_defaults(
    source: str, framework: str, roles: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    sent = program(source)
    assert sent["meta"]["framework"] == framework
    assert sent["meta"]["name"] == "cell"
    assert {role: task["replicas"] for role, task in sent["spec"].items()} == roles
    assert {task["resources"] for task in sent["spec"].values()} == {"cpu=1,memory=1G"}
    assert decode_cell(sent["meta"]["cmd"]) == source


def test_flags_of_a_program() -> None:
    sent = program(
        "x = 1",
        "--name digits --framework pytorch --replicas Master=1,Worker=2 --tags 'a, b' "
        "--resources cpu=2,memory=2G --resources Worker:cpu=1,memory=512M -e LR=0.1 "
        "-e 'T={x} $y=1'",
    )
    assert sent["meta"]["name"] == "digits"
    assert sent["meta"]["tags"] == ["a", "b"]
    assert sent["meta"]["envVars"] == {"LR": "0.1", "T": "{x} $y=1"}
    assert sent["spec"]["Master"]["resources"] == "cpu=2,memory=2G"
    assert sent["spec"]["Worker"]["resources"] == "cpu=1,memory=512M"
    assert sent["spec"]["Worker"]["replicas"] == 2


def test_flags_change_a_spec_and_not_its_author() -> None:
    given: dict[str, Any] = {
        "meta": {"name": "a", "framework": "TensorFlow", "cmd": "true", "envVars": {"A": "1"}},
        "environment": {},
        "spec": {"Worker": {"replicas": 1, "resources": "cpu=1", "envVars": {"B": "2"}}},
    }
    sent = spec(given, "--name b --replicas Worker=3,Ps=1 -e A=9")
    assert sent["meta"]["name"] == "b"
    assert sent["meta"]["envVars"] == {"A": "9"}
    assert sent["spec"]["Worker"]["replicas"] == 3
    assert sent["spec"]["Worker"]["envVars"] == {"A": "9", "B": "2"}
    assert sent["spec"]["Ps"]["resources"] == "cpu=1,memory=1G"
    assert given["meta"]["name"] == "a"
    assert given["spec"]["Worker"]["envVars"] == {"B": "2"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/me/My digits (v2).ipynb", "my-digits-v2"),
        ("_Ünï.ipynb", "n"),
        ("a" * 100 + ".ipynb", "a" * 63),
        ("….ipynb", "cell"),
        ("0b9a-kernel-id", "cell"),
        ("", "cell"),
    ],
)
def test_default_name(path: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", path)
    assert default_name() == name


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        ("--framework Caffe", SpecError, "meta.framework: Unsupported framework name: Caffe"),
        ("--replicas Boss=1", SpecError, "spec.Boss: Unrecognized replica type name: Boss"),
        ("--replicas Worker=0", SpecError, "spec.Worker.replicas: 0 is too few"),
        ("--replicas Worker=-1", SpecError, "spec.Worker.replicas: -1 is too few"),
        ("--replicas Worker=two", UsageError, "Worker=two is no whole number"),
        ("--replicas Worker", UsageError, "'Worker' is not of the form Master=1,Worker=2"),
        ("--resources cpu=x", SpecError, "spec.Worker.resources: cpu=x is no amount"),
        ("--resources Ps:cpu=1", UsageError, "'Ps' is no role here; there are Worker"),
        ("--name 'My run!'", SpecError, "meta.name: 'My run!' is no valid name"),
        ("-e LR", UsageError, "-e/--env: 'LR' is not of the form NAME=VALUE"),
        ("-e 1=2", SpecError, "meta.envVars: '1' is no variable name"),
        ("--replica Worker=1", UsageError, "there is no flag --replica; did you mean --replicas?"),
        ("--framework", UsageError, "expected one argument"),
        ("--as yaml", UsageError, "invalid choice: 'yaml'"),
        ("extra", UsageError, "'extra' is too much"),
        ("--name 'x", UsageError, "The quotes do not match"),
    ],
)
def test_bad_flags(line: str, error: type[SubmarineError], says: str) -> None:
    with pytest.raises(error) as caught:
        program("x = 1", line)
    assert says in str(caught.value)
