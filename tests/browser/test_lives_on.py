"""One view in a notebook, through all that happens to pages, kernels and servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from submarine_jupyter import launch
from tests.faults.traces import kill_server

from .experiments import Experiments, View, open_gate
from .lab import Lab, NotebookPage
from .notebooks import write_notebook

# Notes how high the output is whenever it is drawn.
_NOTE_HEIGHTS = """
window.heights = new Set();
(function note() {
    const output = document.querySelector(".jp-Notebook .jp-SubmarineOutput");
    if (output) window.heights.add(output.offsetHeight);
    requestAnimationFrame(note);
})();"""


@pytest.fixture
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


def test_the_view_goes_on_each_time(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gates = [tmp_path / str(number) for number in range(5)]
    program = f"""
        for number, gate in enumerate({[str(gate) for gate in gates]!r}):
            say(f"line {{number}}")
            wait_for(gate)
        say("the end")
    """
    experiment_id = experiments.submit("lives", program)
    show = f"""
from submarine_jupyter import ExperimentClient
ExperimentClient().experiment({experiment_id!r})"""
    name = "lives.ipynb"
    write_notebook(lab.root / name, [show, "1"])
    address = lab.address(f"lab/workspaces/lives/tree/{name}")
    page.goto(address)
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    view = View(page.locator(".jp-Notebook").get_by_role("region", name="Experiment lives"))
    printed: list[str] = []

    def goes_on() -> None:
        """Nothing is lost or repeated, and the next line comes."""
        expect(view.lines("worker-0")).to_have_text(printed, timeout=30_000)
        view.expect_status("Running")
        open_gate(gates[len(printed) - 1])
        printed.append(f"line {len(printed)}")
        expect(view.lines("worker-0")).to_have_text(printed, timeout=20_000)

    printed.append("line 0")
    goes_on()

    # Nobody has saved it: the view does that once, when it first attaches.
    page.reload()
    notebook.wait_ready()
    goes_on()

    page.get_by_role("tab", name=name).get_by_title("Close").click()
    expect(page.locator(".jp-Notebook")).to_have_count(0)
    page.get_by_role("listitem", name=name).dblclick()
    notebook.wait_ready()
    goes_on()

    page.get_by_role("button", name="Restart the kernel", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    kill_server(lab.data_dir)
    launch.ensure(lab.data_dir)
    goes_on()

    page.keyboard.press("Control+s")
    page.reload()
    notebook.wait_ready()
    expect(view.lines("worker-0")).to_have_text(printed, timeout=30_000)
    open_gate(gates[-1])
    view.expect_status("Succeeded")
    expect(view.lines("worker-0")).to_have_text([*printed, "the end"])


def test_what_is_below_a_view_stands_still_while_it_comes_back(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    experiment_id = experiments.submit(
        "still", "for step in range(30): say(f'step {step} loss {step}')"
    )
    show = f"""
from submarine_jupyter import ExperimentClient
ExperimentClient().experiment({experiment_id!r})"""
    write_notebook(lab.root / "still.ipynb", [show])
    page.goto(lab.address("lab/workspaces/still/tree/still.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    view = View(page.locator(".jp-Notebook").get_by_role("region", name="Experiment still"))
    view.expect_status("Succeeded")
    expect(view.log("worker-0")).to_contain_text("step 29")
    expect(view.region.get_by_label("Latest metrics")).to_be_visible()
    height = page.locator(".jp-SubmarineOutput").evaluate("output => output.offsetHeight")
    page.keyboard.press("Control+s")
    page.add_init_script(_NOTE_HEIGHTS)
    page.reload()
    expect(view.log("worker-0")).to_contain_text("step 29", timeout=30_000)
    expect(view.region.get_by_label("Latest metrics")).to_be_visible()
    assert page.evaluate("[...window.heights]") == [height]
