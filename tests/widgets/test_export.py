"""Whole notebooks: how large they get, and what stays of a run when nobody is there to run code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters import HTMLExporter

from tests.attacks import LINES
from tests.magics.conftest import bundle_of

LOAD = "%load_ext submarine_jupyter"
TRAINING = """\
%%submarine experiment --replicas Worker=4 --resources cpu=1,memory=64M --tags a,b
for step in range(2000):
    print(f'step={step} loss={1 / (step + 1):.6f} accuracy={step / 2000:.4f} <b>&</b> "quoted" é')
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


def size(notebook: Any) -> int:
    write: Any = nbformat.writes
    return len(write(notebook).encode())


def page_of(notebook: Any) -> str:
    export: Any = HTMLExporter
    page, _ = export().from_notebook_node(notebook)
    return str(page)


def test_three_views_stay_small_and_show_the_end(notebook: Any) -> None:
    again = "%submarine get"
    run(notebook, LOAD, TRAINING, "%submarine wait", again, again)
    assert size(notebook) < 50_000
    page = page_of(notebook)
    assert page.count('aria-label="loss"') == 3
    assert page.count("<polyline") == 3 * 4 * 2
    assert page.count("step=1999 loss=0.000500") >= 3 * 4
    assert "finished 20" in page
    assert "Worker 4 (cpu=1,memory=64M)" in page


def test_what_was_submitted_shows_its_end_without_being_asked(notebook: Any) -> None:
    # The kernel only waits: nothing in the notebook asks how the run is.
    submit = "%%submarine experiment --resources cpu=1,memory=64M -o run\nprint('the last line')"
    idle = """\
import time
from submarine_jupyter.widgets.renewal import RENEWALS
while RENEWALS._watched:
    time.sleep(0.1)
"""
    run(notebook, LOAD, submit, idle)
    shown = bundle_of(notebook.cells[1].outputs)
    assert ">Succeeded</span>" in shown["text/html"]
    assert "the last line" in shown["text/html"]
    assert "Succeeded" in shown["text/plain"]
    assert notebook.cells[2].outputs == []


def test_attacks_in_lines_stay_text(notebook: Any, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    submit = """\
%%submarine experiment --resources cpu=1,memory=256M --wait
print(open('lines.txt', encoding='utf-8').read())
raise ValueError('<script>window.intruded=1</script>')
"""
    with pytest.raises(Exception, match="ExperimentFailed"):
        run(notebook, LOAD, submit)
    assert size(notebook) < 20_000
    html = bundle_of(notebook.cells[1].outputs)["text/html"]
    assert "<script" not in html
    assert "&lt;script&gt;window.intruded=1&lt;/script&gt;" in html
    assert not any(unseen in html for unseen in "\x1b\u202e\u2066\x07")
