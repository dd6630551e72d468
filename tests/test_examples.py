"""The examples run to their end, as `make demo` runs them, and are saved with what comes out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import nbformat
import psutil
import pytest

from tests.server.wheels import make_wheel

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
NOTEBOOKS = sorted(path.name for path in EXAMPLES.glob("*.ipynb"))
OTHERS = [name for name in NOTEBOOKS if name != "quickstart.ipynb"]
NEEDS = {"distributed-pytorch.ipynb": "torch"}
"""The notebooks that need a package that is not always to be had."""

ACCURATE = {"quickstart.ipynb": 0.93, "sweep.ipynb": 0.95}
"""The notebooks that say how good their model is, and what it has to reach."""

FORMATTED = "def intcomma(number):\n    return f'{number:,}'"


def run_headless(notebook: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook as a user in this directory, without a package index."""
    wheels = directory / "wheels"
    make_wheel(wheels, "humanize", "4.0", FORMATTED)
    command = [sys.executable, str(EXAMPLES / "run_headless.py"), str(notebook)]
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    return subprocess.run(
        command,
        cwd=directory,
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=False,
    )


def marks_of(name: str) -> list[pytest.MarkDecorator]:
    package = NEEDS.get(name, "submarine_jupyter")
    lacks = find_spec(package) is None
    return [pytest.mark.long, pytest.mark.skipif(lacks, reason=f"{package} is not installed")]


def outputs_of(notebook: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize(
    "name", ["quickstart.ipynb", *(pytest.param(name, marks=marks_of(name)) for name in OTHERS)]
)
def test_a_notebook_runs_headless_and_leaves_nothing_running(name: str, tmp_path: Path) -> None:
    done = run_headless(EXAMPLES / name, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    ended = "Failed" if name == "failing-run.ipynb" else "Succeeded"
    assert re.search(r"^experiment: experiment-\d+-0001$", done.stdout, re.MULTILINE)
    assert re.search(rf"^status: {ended}$", done.stdout, re.MULTILINE)
    accuracy = re.search(r"^accuracy: (0\.\d+)$", done.stdout, re.MULTILINE)
    assert (accuracy is not None) == (name in ACCURATE)
    assert accuracy is None or float(accuracy[1]) > ACCURATE[name]
    assert (tmp_path / "build" / "demo" / name).stat().st_size < 50_000
    assert not [p for p in psutil.process_iter(["cwd"]) if str(tmp_path) in (p.info["cwd"] or "")]


LOAD = "%load_ext submarine_jupyter"
WELL = "%%submarine experiment --wait\nprint('well')"
BADLY = "%%submarine experiment --wait\n1 / 0"


@pytest.mark.long
@pytest.mark.parametrize(
    ("sources", "tagged", "says"),
    [
        ([LOAD, BADLY], None, "status: Failed"),
        ([LOAD, WELL], 1, "this cell is tagged raises-exception and went well"),
        ([LOAD, WELL, BADLY], 2, "status: Succeeded"),
        ([LOAD], None, "the notebook left no experiment"),
    ],
)
def test_what_does_not_go_as_it_should_is_told_by_the_exit_code(
    sources: list[str], tagged: int | None, says: str, tmp_path: Path
) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    if tagged is not None:
        cells[tagged].metadata.tags = ["raises-exception"]
    path = tmp_path / "example.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    done = run_headless(path, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert says in done.stdout


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_saved_notebook_shows_what_comes_out(name: str) -> None:
    """Who only reads it, as on GitHub, runs no script."""
    outputs = outputs_of(EXAMPLES / name)
    shown = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert any("Succeeded" in html for html in shown), "run `make saved-examples`"
    assert not any("<script" in html or "src=" in html for html in shown)
    failed = [output.ename for output in outputs if output.output_type == "error"]
    assert failed == (["ExperimentFailed"] if name == "failing-run.ipynb" else [])


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_saved_notebook_names_no_place_of_the_machine_that_ran_it(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    places = {str(ROOT), str(Path.home()), sys.prefix, tempfile.gettempdir(), "/home/", "/Users/"}
    assert [place for place in places if place in text] == []


def test_the_saved_quickstart_shows_a_chart() -> None:
    outputs = outputs_of(EXAMPLES / "quickstart.ipynb")
    shown = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert any("Succeeded" in html and "<svg" in html for html in shown)
