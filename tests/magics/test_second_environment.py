"""A cell runs with the notebook's own packages and files, whatever the server has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from submarine_jupyter.launch import Server

from .environments import Environment

CELLS = [
    "%load_ext submarine_jupyter",
    """%%submarine experiment --name mine --wait -o mine
import os, pathlib
import only_here, beside
words = only_here.WORD, beside.WORD, pathlib.Path("data.txt").read_text()
pathlib.Path(os.environ["SUBMARINE_OUTPUT_DIR"], "words.txt").write_text(" ".join(words))
""",
    "print(mine.status, '-', mine.open('words.txt', 'r').read())",
]


@pytest.fixture
def second_python(tmp_path: Path) -> Path:
    """Return the interpreter of an environment with a package that no other has."""
    environment = Environment.make(tmp_path / "second")
    (environment.packages / "only_here.py").write_text("WORD = 'package'")
    return environment.python


def test_a_cell_runs_with_the_kernels_packages_and_files(
    experiment_server: Server, second_python: Path, tmp_path: Path
) -> None:
    server_has_it = subprocess.run([sys.executable, "-c", "import only_here"], check=False)
    assert server_has_it.returncode != 0
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "beside.py").write_text("WORD = 'module'")
    (folder / "data.txt").write_text("data")
    manager = KernelManager()
    assert manager.kernel_spec is not None
    manager.kernel_spec.argv[0] = str(second_python)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, km=manager, timeout=60, resources=resources).execute(
        env=dict(os.environ)
    )
    assert notebook.cells[-1].outputs[0].text == "Succeeded - package module data\n"
