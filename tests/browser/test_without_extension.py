"""Notebook 7 without the front-end extension: the view that the kernel feeds, and snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .experiments import Experiments, View, open_gate
from .lab import Lab, NotebookPage, running_lab
from .notebooks import write_notebook


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("notebook7")
    with running_lab(directory, app="notebook", without=["submarine-jupyter"]) as running:
        yield running


def test_the_widget_shows_a_run_live(lab: Lab, page: Page, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    program = f"say('before'); wait_for({str(gate)!r}); say('after')"
    experiment_id = Experiments(lab).submit("kernelfed", program)
    show = f"""
from submarine_jupyter import ExperimentClient, ExperimentView
run = ExperimentClient().experiment({experiment_id!r})
display(run)
ExperimentView(run)"""
    write_notebook(lab.root / "seven.ipynb", [show])
    # Notebook 7 has no line that says when there is a kernel; what is run before is lost.
    with page.expect_websocket(lambda socket: "/channels" in socket.url, timeout=60_000):
        page.goto(lab.address("notebooks/seven.ipynb"))
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=60_000)
    NotebookPage(page).run_cell(0)
    # Without the extension nobody draws the experiment's own type: its snapshot stands there.
    snapshot = page.locator(".jp-OutputArea-output", has_text="As of 20")
    expect(snapshot).to_contain_text("kernelfed")

    view = View(page.get_by_role("region", name="Experiment kernelfed"))
    expect(view.lines("worker-0")).to_have_text(["before"], timeout=20_000)
    view.expect_status("Running")
    expect(page.get_by_text("Fed by this kernel: the last 2,000 lines")).to_be_visible()
    open_gate(gate)
    view.expect_status("Succeeded")
    expect(view.lines("worker-0")).to_have_text(["before", "after"])
