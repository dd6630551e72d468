"""Notebooks with parameters, run by papermill as a scheduler runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.long

PROGRAM = """\
%%submarine experiment --name {{name}} --wait -o run
for epoch in range({{epochs}}):
    print('epoch', epoch, 'of', {{name}})
assert {{epochs}} > 0, 'nothing to do'
"""


def run(directory: Path, *parameters: str) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run a notebook with parameters; return how it went and the notebook as it was written."""
    defaults = nbformat.v4.new_code_cell(
        "epochs, name = 1, 'by-default'", metadata={"tags": ["parameters"]}
    )
    sources = ["%load_ext submarine_jupyter", PROGRAM, "%submarine logs", "print(run.status)"]
    cells = [defaults, *map(nbformat.v4.new_code_cell, sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, directory / "given.ipynb")
    command = [sys.executable, "-m", "papermill", "given.ipynb", "done.ipynb", "--log-output"]
    done = subprocess.run(
        [*command, *parameters],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done, nbformat.read(directory / "done.ipynb", as_version=4)


def shown(cell: Any) -> str:
    """Return what a cell shows where there is no front end but a page of text."""
    return "\n".join(out.get("text") or out["data"]["text/plain"] for out in cell.outputs)


def test_parameters_reach_the_run(data_dir: Path, tmp_path: Path) -> None:
    done, notebook = run(tmp_path, "-p", "epochs", "3", "-p", "name", "nightly")
    assert done.returncode == 0, done.stderr
    # papermill puts a cell with the parameters below the defaults.
    *_, submitted, logs, status = notebook.cells
    assert "nightly: Succeeded" in shown(submitted)
    assert "epoch 2 of nightly" in shown(logs)
    assert status.outputs[0]["text"] == "Succeeded\n"
    assert "widget-view" not in nbformat.writes(notebook)
    assert "<IPython" not in done.stderr


def test_a_failed_run_fails_the_notebook(data_dir: Path, tmp_path: Path) -> None:
    done, notebook = run(tmp_path, "-p", "epochs", "0")
    assert done.returncode != 0
    assert "ExperimentFailed: " in done.stderr
    assert "exited with code 1" in done.stderr
    *_, submitted, logs, status = notebook.cells
    assert "AssertionError: nothing to do" in nbformat.writes(
        nbformat.v4.new_notebook(cells=[submitted])
    )
    assert logs.outputs == status.outputs == []
