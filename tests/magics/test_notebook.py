"""Whole notebooks, run headless and exported, as papermill, make and CI do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.exporters import HTMLExporter

from .conftest import MIME_TYPE, bundle_of

LOAD = "%load_ext submarine_jupyter"
CHATTY = """\
%%submarine experiment --wait --replicas Worker=2 -o run
for n in range(50_000):
    print('line', n, '<b>not bold</b>')
"""


@pytest.fixture
def notebook(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    # nbformat is untyped.
    make: Any = nbformat.v4.new_notebook
    return make()


def run(notebook: Any, *cells: str) -> None:
    make: Any = nbformat.v4.new_code_cell
    notebook.cells = [make(cell) for cell in cells]
    NotebookClient(notebook, timeout=100).execute()


def test_a_notebook_stays_small_and_exports(notebook: Any) -> None:
    run(notebook, LOAD, CHATTY, "%submarine logs", "run.status", "%submarine list")
    write: Any = nbformat.writes
    assert len(write(notebook).encode()) < 50_000
    shown = bundle_of(notebook.cells[1].outputs)
    assert shown[MIME_TYPE]["status"] == "Succeeded"
    assert shown[MIME_TYPE]["snapshot"]["pods"][0]["lines"][-1] == "line 49999 <b>not bold</b>"
    assert "application/vnd.jupyter.widget-view+json" not in shown
    assert notebook.cells[3].outputs[0]["data"]["text/plain"] == "'Succeeded'"
    assert not [out for cell in notebook.cells for out in cell.outputs if out.get("name")]
    export: Any = HTMLExporter
    page, _ = export().from_notebook_node(notebook)
    assert "line 49999 &lt;b&gt;not bold&lt;/b&gt;" in page
    assert "<b>not bold" not in page


def test_a_failed_run_stops_run_all(notebook: Any) -> None:
    failing = "%%submarine experiment --wait\nraise ValueError('no data')"
    with pytest.raises(CellExecutionError, match="ExperimentFailed"):
        run(notebook, LOAD, failing, "print('never')")
    assert notebook.cells[2].outputs == []
    (error,) = (out for out in notebook.cells[1].outputs if out["output_type"] == "error")
    assert error["ename"] == "ExperimentFailed"
    assert len(error["traceback"]) == 1
    snapshot = bundle_of(notebook.cells[1].outputs)["text/html"]
    assert "ValueError: no data" in snapshot
