"""JupyterLab's pictures: the list of experiments, one as a document, some compared, a new one."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.experiments import Experiments, Form, Panel
from tests.browser.lab import Lab

_WIDTH = 1100
_SCALE = 1.4

# What each picture has room for.
_LIST_HEIGHT, _DOCUMENT_HEIGHT, _COMPARISON_HEIGHT, _FORM_HEIGHT = 480, 430, 650, 660

# How a model learns: faster with a greater rate, unless that is too great.
_TRAINING = """
import math, random
rate = float(os.environ["LEARNING_RATE"])
random.seed(rate)
def show(steps):
    for step in steps:
        loss = 0.15 + 2.1 * math.exp(-step * rate / 8) + rate * random.random()
        accuracy = 0.97 - rate / 4 - 0.8 * math.exp(-step * rate / 6) + rate / 4 * random.random()
        say(f"step {{step}} loss {{loss:.4f}} accuracy {{accuracy:.4f}}")
show(range(0, 600, 3))
wait_for({gate!r})
show(range(600, 900, 3))
"""

_FAILING = """
say("reading churn.csv")
raise FileNotFoundError("churn.csv")
"""

_PROGRAM = """\
import torch
from faces import load, network

faces = load("faces.zip")
model = network(depth=18)
for epoch in range(40):
    loss = model.fit(faces)
    print(f"epoch {epoch} loss {loss}")
"""


@dataclass(frozen=True)
class _Runs:
    """What the list shows: some runs at their ends, and two under way."""

    experiments: Experiments
    directory: Path
    identities: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self._gate("sweep").touch()
        for rate in ("0.3", "0.1", "0.03"):
            self._train("sweep", f"digits-lr-{rate}", rate, "TensorFlow")
        failing = ("churn", _FAILING, {"Master": 1}, ["tables"])
        self.identities.append(self.experiments.submit(*failing, framework="XGBoost"))
        for name, rate in (("faces", "0.05"), ("faces-augmented", "0.08")):
            self._train("vision", name, rate, "PyTorch")

    def delete(self) -> None:
        for identity in self.identities:
            self.experiments.delete(identity)

    def _train(self, tag: str, name: str, rate: str, framework: str) -> None:
        identity = self.experiments.submit(
            name,
            _TRAINING.format(gate=str(self._gate(tag))),
            {"Worker" if framework == "TensorFlow" else "Master": 1},
            [tag],
            framework=framework,
            variables={"LEARNING_RATE": rate, "BATCH_SIZE": "64"},
        )
        self.identities.append(identity)

    def _gate(self, tag: str) -> Path:
        return self.directory / tag


_EXPECTED = {
    "digits-lr-0.3": "Succeeded",
    "digits-lr-0.1": "Succeeded",
    "digits-lr-0.03": "Succeeded",
    "churn": "Failed",
    "faces": "Running",
    "faces-augmented": "Running",
}


def take_panel(browser: Browser, lab: Lab, images: Path, theme: str) -> None:
    """Picture the panel, a document, a comparison and the form for a new experiment."""
    lab.choose_theme(theme)
    page = browser.new_page(
        viewport={"width": _WIDTH, "height": _LIST_HEIGHT}, device_scale_factor=_SCALE
    )
    with tempfile.TemporaryDirectory() as directory:
        runs = _Runs(Experiments(lab), Path(directory))
        runs.begin()
        panel = Panel.show(page, lab, f"panel-{theme}")
        for name, status in _EXPECTED.items():
            badge = panel.row(name).locator("[data-submarine-status]")
            expect(badge).to_have_attribute("data-submarine-status", status, timeout=60_000)
        _take_list(panel, images / f"panel-{theme}.png")
        _take_document(panel, images / f"document-{theme}.png")
        _take_comparison(panel, images / f"compare-{theme}.png")
        _take_form(panel, images / f"new-experiment-{theme}.png")
        runs.delete()
    page.close()


def _take_list(panel: Panel, path: Path) -> None:
    panel.row("digits-lr-0.1").click()
    panel.row("digits-lr-0.3").click(modifiers=["ControlOrMeta"])
    _take(panel.page, panel.region, path)


def _take_document(panel: Panel, path: Path) -> None:
    _set_height(panel.page, _DOCUMENT_HEIGHT)
    view = panel.open("digits-lr-0.1")
    view.tab(re.compile("Metrics")).click()
    expect(view.region.get_by_role("figure", name="loss")).to_contain_text("step 897")
    _take(panel.page, _main_area(panel.page), path)


def _take_comparison(panel: Panel, path: Path) -> None:
    _set_height(panel.page, _COMPARISON_HEIGHT)
    panel.row("digits-lr-0.3").click()
    for name in ("digits-lr-0.1", "digits-lr-0.03"):
        panel.row(name).click(modifiers=["ControlOrMeta"])
    panel.selection.get_by_role("button", name="Compare").click()
    comparison = panel.page.get_by_role("region", name="Comparison")
    expect(comparison.get_by_role("figure", name="accuracy")).to_be_visible()
    _take(panel.page, _main_area(panel.page), path)


def _take_form(panel: Panel, path: Path) -> None:
    _set_height(panel.page, _FORM_HEIGHT)
    panel.region.get_by_role("button", name="New experiment").click()
    form = Form(panel.page)
    form.press("Use a Python program instead")
    form.rewrite(form.program, _PROGRAM)
    form.field("Framework").select_option("PyTorch")
    form.press("Add Worker")
    form.field("Worker replicas").fill("2")
    form.field("Tags").fill("vision")
    form.field("Name").fill("faces-distributed")
    expect(form.yaml).to_contain_text("faces-distributed")
    form.region.evaluate("form => form.scrollIntoView()")
    _take(panel.page, _main_area(panel.page), path)


def _set_height(page: Page, height: int) -> None:
    page.set_viewport_size({"width": _WIDTH, "height": height})


def _main_area(page: Page) -> Locator:
    return page.locator("#jp-main-dock-panel")


def _take(page: Page, place: Locator, path: Path) -> None:
    page.mouse.move(0, 0)
    place.screenshot(path=path)
    print(f"docs/images/{path.name}")
