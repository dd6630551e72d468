"""What the form shows of a notebook's cell, read as the magic reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Fetch

RESOURCES = "cpu=2,memory=3G"


async def read(fetch: Fetch, cell: str) -> dict[str, Any]:
    answer = await ask(fetch, cell=cell)
    assert answer.code == 200, answer.body
    draft: dict[str, Any] = json.loads(answer.body)["result"]
    return draft


async def ask(fetch: Fetch, **order: object) -> Any:
    body = {"name": "notebook", "resources": RESOURCES, **order}
    return await fetch("compose/cell", "POST", body=body)


@pytest.mark.parametrize("cell", ["import torch\n", "%%time\nprint(1)", "x = '%%submarine'"])
async def test_any_other_cell_is_a_program_as_it_stands(fetch: Fetch, cell: str) -> None:
    assert await read(fetch, cell) == {"spec": None, "program": cell}


async def test_the_flags_of_the_line_are_fields_of_the_form(fetch: Fetch) -> None:
    line = (
        "--name digits --framework XGBoost --replicas Master=1,Worker=3 --resources Worker:cpu=4 "
        "-e LR=0.1 -e 'NOTE=two words' --tags a,b --image some/image --environment named "
        "-o run --wait"
    )
    draft = await read(fetch, f"\n%%submarine experiment {line}\nimport torch\n")
    assert draft == {
        "spec": {
            "meta": {
                "name": "digits",
                "framework": "XGBoost",
                "tags": ["a", "b"],
                "envVars": {"LR": "0.1", "NOTE": "two words"},
            },
            "environment": {"image": "some/image", "name": "named"},
            "spec": {
                "Master": {"replicas": 1, "resources": RESOURCES},
                "Worker": {"replicas": 3, "resources": "cpu=4"},
            },
        },
        "program": "import torch\n",
    }


async def test_a_program_without_flags_gets_the_defaults(fetch: Fetch) -> None:
    draft = await read(fetch, "%%submarine experiment\nimport torch\nprint('{{lr}}')")
    assert draft["program"] == "import torch\nprint('{{lr}}')"
    assert draft["spec"]["meta"] == {"name": "notebook", "framework": "PyTorch"}
    assert draft["spec"]["spec"] == {"Master": {"replicas": 1, "resources": RESOURCES}}


@pytest.mark.parametrize(
    "body",
    [
        "meta: {name: a, cmd: run.sh}\nspec: {Worker: {replicas: 1}}",
        "spec: {Worker: {replicas: 1}}\nmeta: {name: a, cmd: run.sh}",
        '{"meta": {"name": "a", "cmd": "run.sh"}, "spec": {"Worker": {"replicas": 1}}}',
    ],
)
async def test_a_spec_is_no_program(fetch: Fetch, body: str) -> None:
    draft = await read(fetch, f"%%submarine experiment --replicas Worker=2\n{body}")
    assert draft["program"] is None
    assert draft["spec"] == {
        "meta": {"name": "a", "cmd": "run.sh"},
        "spec": {"Worker": {"replicas": 2}},
    }


async def test_a_date_in_a_spec_is_its_text(fetch: Fetch) -> None:
    draft = await read(fetch, "%%submarine experiment\nmeta: {name: 2026-01-02}\nspec: {}")
    assert draft["spec"]["meta"]["name"] == "2026-01-02"


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("experiment\nlr = {{lr}}", "{{lr}}: only the notebook's kernel knows its value"),
        ("experiment -e LR={{lr}}\nx = 1", "{{lr}}: only the notebook's kernel"),
        ("experiment\nmeta: {name: 'a-{{n}}'}\nspec: {}", "line 2, column 14: {{n}}"),
        ("experiment --grid lr=1,2\nx = 1", "--grid: "),
        ("experiment --rehearse 20s\nx = 1", "--rehearse: "),
        ("experiment --rehearsed\nx = 1", "--rehearsed: "),
        ("experiment -f spec.yaml\nx = 1", "-f/--file: "),
        ("experiment --help\nx = 1", "--help: "),
        ("experiment --nmae x\nx = 1", "did you mean --name?"),
        ("experiment --replicas Worker=many\nx = 1", "--replicas: Worker=many"),
        ("experiment --name 'x\nx = 1", "quotes do not match"),
        ("experiment\n", "The cell is empty"),
        ("experiment\nx = 1\n%matplotlib inline", "Line 3: `%matplotlib inline`"),
        ("experiment\nmeta: {name: [}\n", "line 2, column 15: not valid YAML"),
        ("experiment\nspec: {}\n---\nspec: {}", "holds 2 specs"),
        ("patch\nspec: {}", "run `%%submarine patch` itself"),
    ],
)
async def test_what_a_form_cannot_show_is_refused_by_name(
    fetch: Fetch, cell: str, named: str
) -> None:
    answer = await ask(fetch, cell=f"%%submarine {cell}")
    assert answer.code == 400
    assert named in json.loads(answer.body)["message"]


@pytest.mark.parametrize("cell", [None, 1, ["x"]])
async def test_what_is_no_cell_is_refused(fetch: Fetch, cell: object) -> None:
    answer = await ask(fetch, cell=cell)
    assert answer.code == 400
    assert "no text of a cell" in json.loads(answer.body)["message"]


async def test_no_order_is_refused(fetch: Fetch) -> None:
    assert (await fetch("compose/cell", "POST", body=["cell"])).code == 400
