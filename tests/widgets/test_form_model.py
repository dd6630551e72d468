"""The form without its widgets: drafts, what is wrong with them, and specs that come and go."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from submarine_jupyter.errors import SpecError, UsageError
from submarine_jupyter.spec import ExperimentSpec
from submarine_jupyter.spec.program import encode_cell
from submarine_jupyter.spec.schema import experiment_schema
from submarine_jupyter.spec.secrets import MASK
from submarine_jupyter.widgets.form.cells import as_cell
from submarine_jupyter.widgets.form.draft import CELL, GIT, Draft
from submarine_jupyter.widgets.form.model import FormModel

SPEC: dict[str, Any] = {
    "meta": {
        "name": "digits",
        "framework": "pytorch",
        "cmd": "python train.py",
        "tags": ["a", "b"],
        "envVars": {"LR": "0.1", "HF_TOKEN": "hunter2"},
    },
    "environment": {"image": "some:image", "description": "kept"},
    "spec": {
        "Master": {"replicas": 1, "resources": "cpu=1,memory=1G"},
        "Worker": {
            "replicas": 2,
            "resources": "cpu=500m,memory=2Gi,nvidia.com/gpu=1,disk=5",
            "cmd": "python worker.py",
            "envVars": {"API_KEY": "hunter3"},
        },
    },
    "code": {
        "syncMode": "git",
        "git": {"url": "https://host/team/code.git", "branch": "dev", "password": "hunter4"},
    },
}


def cells(number: int) -> str:
    if number != 3:
        raise UsageError(f"this kernel has run no In[{number}]; run the cell first")
    return encode_cell("print('hi')", f"Cell In[{number}]")


@pytest.fixture
def model() -> FormModel:
    return FormModel(cells)


def filled(model: FormModel) -> FormModel:
    model.edit(name="run", cmd="python train.py")
    return model


def test_a_new_form_lacks_only_name_and_command(model: FormModel) -> None:
    assert set(model.errors) == {"meta.name", "meta.cmd"}
    assert filled(model).errors == {}
    assert model.spec.to_wire()["spec"]["Worker"]["resources"] == "cpu=1,memory=1G"


def test_each_problem_is_beside_its_field(model: FormModel) -> None:
    filled(model).edit_role("Worker", replicas="two", amounts={"cpu": "x", "memory": "1Q"})
    model.edit(name="-x")
    model.add_variable()
    model.edit_variable(0, name="1st")
    assert set(model.errors) == {
        "meta.name",
        "meta.envVars.1st",
        "spec.Worker.replicas",
        "spec.Worker.resources.cpu",
        "spec.Worker.resources.memory",
    }
    assert model.errors["spec.Worker.resources.cpu"].startswith("cpu=x is no amount; write cpu=1")
    with pytest.raises(SpecError, match=r"spec.Worker.resources.cpu: cpu=x is no amount"):
        _ = model.spec


@pytest.mark.parametrize("amount", ["1,evil=2", "1=2", "-1", "1 2", "ein", "1e99"])
def test_an_amount_is_one_amount(model: FormModel, amount: str) -> None:
    filled(model).edit_role("Worker", amounts={"cpu": amount, "memory": "1G"})
    assert set(model.errors) == {"spec.Worker.resources.cpu"}


def test_no_amounts_at_all(model: FormModel) -> None:
    filled(model).edit_role("Worker", amounts={})
    assert set(model.errors) == {"spec.Worker.resources"}


@pytest.mark.parametrize("replicas", ["", "0", "-1", "1.5", "9" * 5000, "x"])
def test_replicas_are_a_whole_number(model: FormModel, replicas: str) -> None:
    filled(model).edit_role("Worker", replicas=replicas)
    assert set(model.errors) == {"spec.Worker.replicas"}


def test_roles_follow_the_framework(model: FormModel) -> None:
    assert model.free_roles() == ["Ps", "Chief", "Master", "Evaluator"]
    model.choose_framework("PyTorch")
    assert [role.name for role in model.draft.roles] == ["Master"]
    model.add_role("Worker")
    model.add_role("Worker")
    model.edit_role("Worker", replicas="3")
    model.choose_framework("TensorFlow")
    assert [role.name for role in model.draft.roles] == ["Master", "Worker"]
    model.add_role("Ps")
    model.choose_framework("XGBoost")
    assert [(role.name, role.replicas) for role in model.draft.roles] == [
        ("Master", "1"),
        ("Worker", "3"),
    ]


def test_nothing_of_a_spec_is_lost(model: FormModel) -> None:
    given = ExperimentSpec.from_wire(SPEC)
    model.take(given)
    assert model.errors == {}
    expected = given.to_wire()
    expected["meta"]["framework"] = "PyTorch"
    assert model.spec.to_wire() == expected


def test_the_documents_code_of_an_older_server_stays_as_it_is(model: FormModel) -> None:
    code = {"syncMode": "git", "url": "https://host/team/code.git"}
    model.take(ExperimentSpec.from_wire({**SPEC, "code": code}))
    assert model.spec.to_wire()["code"] == code


def test_yaml_shows_no_secret_and_brings_none_to_harm(model: FormModel) -> None:
    model.take(ExperimentSpec.from_wire(SPEC))
    text = model.yaml
    assert "hunter" not in text
    assert yaml.safe_load(text)["meta"]["envVars"] == {"LR": "0.1", "HF_TOKEN": MASK}
    model.take_yaml(text.replace("name: digits", "name: other"))
    wire = model.spec.to_wire()
    assert wire["meta"]["name"] == "other"
    assert wire["meta"]["envVars"] == SPEC["meta"]["envVars"]
    assert wire["spec"]["Worker"]["envVars"] == {"API_KEY": "hunter3"}
    assert wire["code"]["git"]["password"] == "hunter4"


def test_a_mask_without_a_value_is_a_problem(model: FormModel) -> None:
    meta = {**SPEC["meta"], "envVars": {"TOKEN": MASK}}
    model.take_yaml(yaml.safe_dump({**SPEC, "meta": meta}))
    assert "write it" in model.errors["meta.envVars.TOKEN"]


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "meta: 5", "", "meta: {}\nspec: {W: {replicas: x}}"]
)
def test_yaml_that_is_no_spec_changes_nothing(model: FormModel, text: str) -> None:
    before = filled(model).draft
    model.take_yaml(text)
    assert model.draft == before
    assert set(model.errors) == {"yaml"}
    model.edit(name="again")
    assert model.errors == {}


@pytest.mark.parametrize(
    "text",
    [
        "meta: {envVars: {API_KEY: hunter2}}\nspec: 5",
        "meta: {envVars: {API_KEY: hunter2}\nspec: [",
        "code:\n  git:\n    password: |\n      hunter2\n  : :",
    ],
)
def test_a_refused_text_keeps_no_secret(model: FormModel, text: str) -> None:
    model.take_yaml(text)
    assert "yaml" in model.errors
    assert "hunter2" not in model.yaml_text + model.errors["yaml"]


def test_a_refused_text_without_secrets_stays_to_be_mended(model: FormModel) -> None:
    model.take_yaml("meta: [")
    assert model.yaml_text == "meta: ["
    model.edit(name="x")
    assert model.yaml_text == model.yaml


def test_what_is_wrong_in_yaml_stands_beside_its_field(model: FormModel) -> None:
    model.take_yaml(yaml.safe_dump(SPEC).replace("cpu=500m", "cpu=x"))
    assert set(model.errors) == {"spec.Worker.resources.cpu"}


def test_a_secret_never_comes_to_light(model: FormModel) -> None:
    filled(model).add_variable()
    model.edit_variable(0, name="TOKEN")
    model.edit_variable(0, value="hunter2")
    model.edit_variable(0, name="TOKENIZER")
    assert model.draft.variables[0].is_hidden
    assert "hunter2" not in model.yaml
    model.edit_variable(0, hidden=False)
    assert model.draft.variables[0].value == ""
    model.edit_variable(0, value="open")
    model.edit_variable(0, hidden=True)
    assert "open" not in model.yaml
    assert model.spec.meta.env_vars == {"TOKENIZER": "open"}


def test_variables_are_named_once(model: FormModel) -> None:
    filled(model).add_variable()
    assert model.errors["meta.envVars."].startswith("is missing")
    model.add_variable()
    model.edit_variable(0, name="A")
    model.edit_variable(1, name="A")
    assert "twice" in model.errors["meta.envVars.A"]
    model.remove_variable(0)
    assert model.errors == {}


def test_a_cell_is_the_program(model: FormModel) -> None:
    model.edit(name="run")
    model.choose_program(CELL)
    assert model.errors["cell"].startswith("is missing")
    model.choose_cell("4")
    assert "run no In[4]" in model.errors["cell"]
    model.choose_cell("x")
    assert "no number" in model.errors["cell"]
    model.choose_cell("In[3]")
    assert model.errors == {}
    assert as_cell(model.draft).splitlines() == [
        (
            "%%submarine experiment --name run --framework TensorFlow --replicas Worker=1 "
            "--resources Worker:cpu=1,memory=1G"
        ),
        "print('hi')",
    ]


def test_git_needs_an_address(model: FormModel) -> None:
    filled(model).choose_program(GIT)
    assert set(model.errors) == {"code.git.url"}
    model.edit(git={"url": "https://host/team/code.git"})
    assert model.spec.to_wire()["code"]["git"]["url"] == "https://host/team/code.git"


def test_a_copied_cell_holds_no_secret(model: FormModel) -> None:
    model.take(ExperimentSpec.from_wire({**SPEC, "environment": {"image": "{{not_mine}}"}}))
    cell = as_cell(model.draft)
    assert cell.startswith("%%submarine experiment --as spec\nmeta:\n")
    assert "hunter" not in cell
    assert "HF_TOKEN: '{{HF_TOKEN}}'" in cell or "HF_TOKEN: {{HF_TOKEN}}" in cell
    # What only looks like a variable of the notebook stays what it is.
    assert r"\{{not_mine}}" in cell


def test_the_servers_schema_has_its_say(model: FormModel) -> None:
    schema = experiment_schema()
    schema["$defs"]["ExperimentMeta"]["properties"]["name"]["maxLength"] = 5
    schema["properties"]["spec"]["x-roles"]["Ray"] = ["Head"]
    theirs = FormModel(cells, schema)
    filled(theirs).edit(name="sixsix")
    assert set(theirs.errors) == {"meta.name"}
    assert "Ray" in theirs.roles_by_framework


def test_listeners_hear_of_every_change(model: FormModel) -> None:
    heard: list[Draft] = []
    model.listen(lambda: heard.append(model.draft))
    filled(model).add_role("Ps")
    assert [draft.name for draft in heard] == ["run", "run"]
