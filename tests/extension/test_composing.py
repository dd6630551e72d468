"""What the form for a new experiment asks the Jupyter server."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter.spec.program import decode_cell

from .conftest import Fetch

SPEC = {"meta": {"name": "n"}, "environment": {}, "spec": {"Worker": {"replicas": 1}}}


async def prepared(fetch: Fetch, **order: object) -> dict[str, Any]:
    answer = await fetch("compose", "POST", body={"spec": SPEC, **order})
    assert answer.code == 200, answer.body
    spec: dict[str, Any] = json.loads(answer.body)["result"]
    return spec


async def refusal(fetch: Fetch, **order: object) -> str:
    answer = await fetch("compose", "POST", body={"spec": SPEC, **order})
    assert answer.code == 400
    return str(json.loads(answer.body)["message"])


async def test_the_schema_and_the_roles_are_there_before_any_server(fetch: Fetch) -> None:
    answer = json.loads((await fetch("compose")).body)
    assert set(answer["result"]["properties"]) >= {"meta", "environment", "spec"}
    assert answer["attributes"]["frameworks"]["PyTorch"] == ["Master", "Worker"]


async def test_a_program_becomes_the_command(fetch: Fetch) -> None:
    source = "print('ü', 6 * 7)\n"
    spec = await prepared(fetch, program={"source": source, "name": "train.ipynb"})
    assert decode_cell(spec["meta"]["cmd"]) == source
    _, *arguments = spec["meta"]["cmd"].split()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == "ü 42"


@pytest.mark.parametrize(
    ("source", "problem"),
    [("print(", "Line 1 of the program: "), ("a\0b", "The program"), ("x = '\ud800'", "surrogate")],
)
async def test_a_program_that_cannot_run_is_refused(
    fetch: Fetch, source: str, problem: str
) -> None:
    assert problem in await refusal(fetch, program={"source": source})


@pytest.mark.parametrize("spec", [None, [], {"meta": {}}, {"meta": [], "spec": {}}])
async def test_what_is_no_spec_is_refused(fetch: Fetch, spec: object) -> None:
    assert "no spec" in await refusal(fetch, spec=spec)


async def test_a_strange_upstream_is_told_no_place(fetch: Fetch) -> None:
    assert await prepared(fetch, upstream="stranger") == SPEC
    assert await prepared(fetch) == SPEC


class TestOnTheEmbeddedServer:
    async def test_it_runs_beside_its_notebook(self, fetch: Fetch, jp_root_dir: Path) -> None:
        (jp_root_dir / "sub").mkdir()
        spec = await prepared(fetch, upstream="embedded", origin={"path": "sub/train.ipynb"})
        assert spec["meta"]["envVars"] == {
            "SUBMARINE_WORKDIR": str(jp_root_dir / "sub"),
            "SUBMARINE_PYTHON": sys.executable,
        }

    async def test_a_link_out_of_the_root_is_the_users_own(
        self, fetch: Fetch, jp_root_dir: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "shared").mkdir()
        (jp_root_dir / "proj").symlink_to(tmp_path / "shared")
        spec = await prepared(fetch, upstream="embedded", origin={"path": "proj/train.ipynb"})
        assert spec["meta"]["envVars"]["SUBMARINE_WORKDIR"] == str(jp_root_dir / "proj")

    @pytest.mark.parametrize("path", ["../../etc/passwd", "no/such/place.ipynb", "", "/etc/x"])
    async def test_elsewhere_is_the_root(self, fetch: Fetch, jp_root_dir: Path, path: str) -> None:
        spec = await prepared(fetch, upstream="embedded", origin={"path": path})
        assert spec["meta"]["envVars"]["SUBMARINE_WORKDIR"] == str(jp_root_dir)

    async def test_it_has_the_interpreter_of_the_kernel(
        self, fetch: Fetch, tmp_path: Path, jp_data_dir: Path
    ) -> None:
        directory = jp_data_dir / "kernels" / "other"
        directory.mkdir(parents=True)
        python = str(tmp_path / "bin" / "python3")
        kernel = {"argv": [python, "-m", "ipykernel"], "display_name": "o", "language": "python"}
        (directory / "kernel.json").write_text(json.dumps(kernel))
        spec = await prepared(fetch, upstream="embedded", origin={"kernel": "other"})
        assert spec["meta"]["envVars"]["SUBMARINE_PYTHON"] == python
        spec = await prepared(fetch, upstream="embedded", origin={"kernel": "missing"})
        assert spec["meta"]["envVars"]["SUBMARINE_PYTHON"] == sys.executable

    async def test_what_the_author_says_wins_and_roles_get_it_too(self, fetch: Fetch) -> None:
        spec = {
            "meta": {"envVars": {"SUBMARINE_WORKDIR": "/mine"}},
            "spec": {"Worker": {"envVars": {"A": "1"}}, "Ps": {}},
        }
        result = await prepared(fetch, upstream="embedded", spec=spec)
        assert result["meta"]["envVars"]["SUBMARINE_WORKDIR"] == "/mine"
        assert set(result["spec"]["Worker"]["envVars"]) == {
            "A",
            "SUBMARINE_WORKDIR",
            "SUBMARINE_PYTHON",
        }
        assert "envVars" not in result["spec"]["Ps"]
