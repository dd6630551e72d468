"""The view's pictures: running, succeeded with its charts, failed, and in a narrow place."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.experiments import Experiments, View, open_gate
from tests.browser.lab import Lab, NotebookPage
from tests.browser.notebooks import write_notebook

_WIDE: ViewportSize = {"width": 1000, "height": 900}
_NARROW: ViewportSize = {"width": 460, "height": 760}

_TRAINING = """
import json, math, random
index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
random.seed(index)
def show(steps):
    for step in steps:
        loss = 2.3 * math.exp(-step / 120) + 0.12 + 0.03 * random.random()
        accuracy = 0.96 - 0.86 * math.exp(-step / 90) + 0.01 * random.random()
        say(f"step {{step}} loss {{loss:.4f}} accuracy {{accuracy:.4f}}")
show(range(0, 400, 2))
wait_for({gate!r})
show(range(400, 600, 2))
"""

_FAILING = """\
%%submarine experiment --name digits --replicas Master=1 --resources cpu=1,memory=512M
def load(path):
    with open(path) as file:
        return file.read()

print("loading the digits")
images = load("digits.csv")
"""


def take_view(browser: Browser, lab: Lab, images: Path, theme: str) -> None:
    """Picture an experiment while it runs, when it has succeeded, and one that failed."""
    page = browser.new_page(viewport=_WIDE, device_scale_factor=1.5)
    with tempfile.TemporaryDirectory() as directory:
        gate = Path(directory) / "gate"
        program = _TRAINING.format(gate=str(gate))
        experiment_id = Experiments(lab).submit("digits", program, {"Worker": 2})
        show = f"submarine_jupyter.ExperimentClient().experiment({experiment_id!r})"
        _open(page, lab, f"view-{theme}", ["import submarine_jupyter", show])
        view = View(page.get_by_role("region", name="Experiment digits"))
        view.expect_status("Running", timeout=30_000)
        expect(view.log("worker-0")).to_contain_text("step 398")
        _take(page, view, images / f"view-running-{theme}.png")
        open_gate(gate)
        view.expect_status("Succeeded")
    view.tab(re.compile("Metrics")).click()
    expect(view.region.get_by_role("figure", name="loss")).to_contain_text("step 598")
    _take(page, view, images / f"view-metrics-{theme}.png")
    page.set_viewport_size(_NARROW)
    _take(page, view, images / f"view-narrow-{theme}.png")

    page.set_viewport_size(_WIDE)
    _open(page, lab, f"failing-{theme}", ["%load_ext submarine_jupyter", _FAILING])
    view = View(page.get_by_role("region", name="Experiment digits"))
    view.expect_status("Failed", timeout=30_000)
    expect(view.region.locator(".submarine-Failure")).to_contain_text("FileNotFoundError")
    _take(page, view, images / f"view-failed-{theme}.png")
    page.close()


def _open(page: Page, lab: Lab, name: str, cells: list[str]) -> None:
    """Run a notebook of two cells, without anything at its sides."""
    write_notebook(lab.root / f"{name}.ipynb", cells)
    page.goto(lab.address(f"doc/workspaces/{name}/tree/{name}.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    notebook.run_cell(1)


def _take(page: Page, view: View, path: Path) -> None:
    page.mouse.move(0, 0)
    view.region.scroll_into_view_if_needed()
    view.region.screenshot(path=path)
    print(f"docs/images/{path.name}")
