"""Every rule of a spec, by the sentence it gives."""

from __future__ import annotations

from typing import Any

import pytest

from submarine_jupyter.errors import SpecError
from submarine_jupyter.spec import ExperimentSpec
from submarine_jupyter.spec.validation import check, normalize


def spec(meta: dict[str, Any] | None = None, roles: dict[str, Any] | None = None) -> ExperimentSpec:
    worker = {"replicas": 1, "resources": "cpu=1,memory=1024M"}
    return ExperimentSpec.from_wire(
        {
            "meta": {"name": "digits", "framework": "TensorFlow", "cmd": "python a.py"}
            | (meta or {}),
            "environment": {},
            "spec": {"Worker": worker} if roles is None else roles,
        }
    )


def role(**changes: Any) -> dict[str, Any]:
    return {"Worker": {"replicas": 1, "resources": "cpu=1,memory=1024M"} | changes}


def test_a_good_spec_passes() -> None:
    check(spec())


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        (
            spec({"framework": "Caffe"}),
            "meta.framework",
            (
                "Unsupported framework name: Caffe. Supported frameworks are: "
                "TENSORFLOW,PYTORCH,XGBOOST"
            ),
        ),
        (spec({"framework": None}), "meta.framework", "Unsupported framework name: none given"),
        (spec({"name": None}), "meta.name", "is missing"),
        (spec({"name": "no spaces"}), "meta.name", "'no spaces' is no valid name"),
        (spec({"name": "a" * 64}), "meta.name", "use up to 63"),
        (spec({"name": "-a"}), "meta.name", "with a letter or digit first and last"),
        (spec({"cmd": None}), "meta.cmd", "is missing; give meta.cmd or spec.Worker.cmd"),
        (spec({"cmd": "echo 'open"}), "meta.cmd", "close the quote"),
        (spec({"envVars": {"A B": "1"}}), "meta.envVars", "'A B' is no variable name"),
        (spec(roles={}), "spec", "has no role"),
        (
            spec(roles={"Boss": role()["Worker"]}),
            "spec.Boss",
            (
                "Unrecognized replica type name: Boss, it should be "
                "Ps,Worker,Chief,Master,Evaluator for TensorFlow experiment."
            ),
        ),
        (spec(roles=role(replicas=0)), "spec.Worker.replicas", "0 is too few; use 1 or more"),
        (spec(roles=role(replicas=-1)), "spec.Worker.replicas", "-1 is too few; use 1 or more"),
        (spec(roles=role(resources=None)), "spec.Worker.resources", "is missing; give it as cpu=1"),
        (
            spec(roles=role(resources="cpu=x")),
            "spec.Worker.resources",
            "cpu=x is no amount; write cpu=1 or cpu=500m",
        ),
        (spec(roles=role(resources="cpu")), "spec.Worker.resources", "'cpu' is not of the form"),
        (spec(roles=role(resources="cpu=0")), "spec.Worker.resources", "must be more than 0"),
        (spec(roles=role(resources="")), "spec.Worker.resources", "give at least one of cpu"),
        (
            spec(roles=role(resources="cpu=1,nvidia.com/gpu=0.5")),
            "spec.Worker.resources",
            "must be a whole number of GPUs",
        ),
    ],
)
def test_a_wrong_spec_names_field_and_remedy(wrong: ExperimentSpec, field: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        check(wrong)
    (problem,) = caught.value.problems
    assert problem.field == field
    assert said in problem.message


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        check(spec({"framework": "Caffe", "name": "a b"}, role(replicas=0, resources="cpu=x")))
    assert [problem.field for problem in caught.value.problems] == [
        "meta.name",
        "meta.framework",
        "spec.Worker.replicas",
        "spec.Worker.resources",
    ]


@pytest.mark.parametrize("memory", ["1024M", "1Gi", "1.5G", "512", "2048K", "1e"])
def test_kubernetes_quantities_are_taken(memory: str) -> None:
    wrong = memory == "1e"
    given = spec(roles=role(resources=f"cpu=500m, memory={memory}"))
    if wrong:
        with pytest.raises(SpecError, match="memory=1e is no amount"):
            check(given)
    else:
        check(given)
        assert given.to_wire()["spec"]["Worker"]["resourceMap"] == {"memory": memory, "cpu": "500m"}


def test_names_and_roles_are_stored_in_their_own_spelling() -> None:
    given = normalize(
        spec({"name": "Digits", "framework": "pytorch"}, {"worker": {}, "MASTER": {}})
    )
    assert given.meta.name == "digits"
    assert list(given.spec) == ["Worker", "Master"]


def test_a_role_in_two_spellings_is_refused() -> None:
    roles = role() | {"worker": role()["Worker"]}
    with pytest.raises(SpecError, match="given twice"):
        check(spec(roles=roles))
