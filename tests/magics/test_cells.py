"""An experiment as the cell that would submit it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter.client.cells import as_yaml, cell_of, secrets_of, source_of
from submarine_jupyter.magics.commands import COMMANDS
from submarine_jupyter.spec.interpolation import Marked, Values, into_words
from submarine_jupyter.spec.loading import load_documents
from submarine_jupyter.spec.program import encode_cell
from submarine_jupyter.spec.submission import Source, checked, parse_program, spec_of_program

SOURCE = "import torch\nprint(f'{{n}} {torch}')"
FLAGS = (
    "--name digits --framework PyTorch --replicas Master=1,Worker=2 --resources Master:cpu=2 "
    "--resources Worker:cpu=1,memory=1G -e LR=0.1 "
    "-e 'T=a {b} \\{{c}}' --tags a,b --image some/image"
)

PAGES_TOO = Path(__file__).parents[2] / "labextension/src/form/cells.fixture.json"


def submitted(line: str = FLAGS) -> dict[str, Any]:
    """Return the spec that a cell with these flags submits, as a server answers it."""
    flags = COMMANDS["experiment"].parser().parse(into_words(line, Values({})))
    program = Source(SOURCE, parse_program(SOURCE, 2), "Cell In[1]", 2)
    spec = checked(spec_of_program(program, "cell", flags)).to_wire()
    spec["meta"]["envVars"] |= {"SUBMARINE_WORKDIR": "/x", "SUBMARINE_GIT_COMMIT": "c0ffee"}
    return spec


@pytest.mark.parametrize(
    "case", json.loads(PAGES_TOO.read_text("utf-8")), ids=lambda case: str(case["name"])
)
def test_the_page_writes_the_same_cells(case: dict[str, Any]) -> None:
    assert cell_of(case["spec"]) == case["cell"]


def test_a_program_comes_back_with_its_flags() -> None:
    spec = submitted()
    head, _, body = cell_of(spec).partition("\n")
    assert body == SOURCE
    assert head == f"%%submarine experiment {FLAGS}"
    assert source_of(spec) == SOURCE


@pytest.mark.parametrize(
    "change",
    [
        {"environment": {"image": "i", "description": "{{kept}}"}},
        {"code": {"syncMode": "git", "url": "https://some/repository"}},
        {"experimentHandlerSpec": {"a": "b"}},
        {"meta": {"envVars": {"A": "two\nlines"}}},
        {"meta": {"tags": ["a,b"]}},
        {"spec": {"Worker": {"cmd": "echo x"}}},
        {"spec": {"Worker": {"envVars": {"OWN": "1"}}}},
    ],
)
def test_what_flags_cannot_say_comes_back_as_a_spec(change: dict[str, Any]) -> None:
    spec = submitted("--name a")
    for key, part in change.items():
        spec[key] = {**(spec.get(key) or {}), **part} if key == "meta" else part
    if "spec" in change:
        spec["spec"]["Worker"] |= {"replicas": 1, "resources": "cpu=1"}
    head, _, body = cell_of(spec).partition("\n")
    assert head == "%%submarine experiment --as spec"
    marked = Marked(body)
    (document,) = load_documents(marked.text, marked.filler(Values({})))
    again = checked(document.value).to_wire()
    wanted = checked(spec).to_wire()
    for owner in (wanted["meta"], *wanted["spec"].values()):
        variables = owner["envVars"] or {}
        kept = {key: text for key, text in variables.items() if not key.startswith("SUBMARINE_")}
        owner["envVars"] = kept or ({} if owner is wanted["meta"] else None)
    assert again == wanted


def test_secrets_are_not_written() -> None:
    spec = submitted("--name a -e API_KEY=hunter2 -e LR=1")
    assert "hunter2" not in cell_of(spec)
    assert "-e 'API_KEY={{API_KEY}}'" in cell_of(spec)
    assert secrets_of(spec) == ["API_KEY"]
    spec["meta"]["cmd"] = "python train.py --t {{x}}"
    text = cell_of(spec)
    assert "API_KEY: '{{API_KEY}}'" in text
    assert "--t \\{{x}}" in text
    assert "API_KEY: '***'" in as_yaml(spec)
    assert "hunter2" not in as_yaml(spec)


def test_secrets_beside_variables_are_not_written_either() -> None:
    spec = submitted("--name a")
    spec["spec"]["Master"]["envVars"] = {"my.token": "hunter2", "LR": "1", "EMPTY_TOKEN": ""}
    spec["code"] = {"syncMode": "git", "git": {"url": "https://host/x.git", "password": "hunter3"}}
    spec["experimentHandlerSpec"] = {"SECRET_KEY": "hunter4"}
    text = cell_of(spec)
    assert "hunter" not in text
    assert "my.token: '{{my_token}}'" in text
    assert "EMPTY_TOKEN: ''" in text
    assert secrets_of(spec) == ["SECRET_KEY", "my_token", "password"]


def test_a_variable_is_a_secret_where_its_author_says_so() -> None:
    spec = submitted("--name a -e PLAIN=hunter2 -e LR=1")
    assert "-e 'PLAIN={{PLAIN}}' -e LR=1" in cell_of(spec, {"PLAIN"})


@pytest.mark.parametrize(
    "value", ["{{x}}", r"\{{x}}", "{{x['a']}}", "it's {{ x }}", "{{a b}}", "\x07{{x}}"]
)
def test_braces_come_back_as_they_were(value: str) -> None:
    spec = submitted("--name a")
    spec["meta"]["envVars"] = {"A": value}
    line = cell_of(spec).partition("\n")[0].removeprefix("%%submarine experiment ")
    assert f"A={value}" in into_words(line, Values({}))
    marked = Marked(as_yaml(spec))
    (document,) = load_documents(marked.text, marked.filler(Values({})))
    meta: Any = document.value["meta"]
    assert meta["envVars"] == {"A": value}


def test_commands_of_others_are_no_programs() -> None:
    spec = submitted()
    spec["meta"]["cmd"] = "python train.py"
    assert source_of(spec) is None
    assert "cmd: python train.py" in cell_of(spec)
    spec["meta"]["cmd"] = encode_cell("x = 1", "Cell In[1]")
    assert source_of(spec) == "x = 1"
