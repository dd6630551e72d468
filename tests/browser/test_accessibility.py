"""What axe-core finds on our surfaces, in JupyterLab's light and dark theme."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .experiments import Experiments, Form, Panel, View
from .lab import Lab, NotebookPage
from .notebooks import write_notebook

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}

# More than any of our surfaces has places to stop at.
MOST_PLACES = 60

# Its log has the colours of a terminal, its chart a line for each pod.
PROGRAM = """
    for colour in range(30, 38):
        say(f"\\x1b[{colour}mcolour {colour}\\x1b[0m \\x1b[2;{colour}mfaint\\x1b[0m")
    for step in range(20):
        say(f"step {step} loss {1 / (step + 1):.3f}")
    with open(os.path.join(os.environ["SUBMARINE_OUTPUT_DIR"], "result.txt"), "w") as file:
        file.write("a result")
"""


@pytest.fixture(params=["light", pytest.param("dark", marks=pytest.mark.long)])
def theme(request: pytest.FixtureRequest, lab: Lab) -> str:
    """Have the JupyterLab open in a theme."""
    name = str(request.param)
    lab.choose_theme(name)
    return name


@pytest.fixture(scope="module")
def experiment_id(lab: Lab) -> str:
    """Submit a run that succeeds and one that fails, and return the id of the first."""
    experiments = Experiments(lab)
    experiment_id = experiments.submit("good", PROGRAM, {"Worker": 2}, tags=["one", "two"])
    experiments.submit("bad", PROGRAM + "    raise ValueError('this one fails')\n", tags=["two"])
    return experiment_id


def expect_accessible(region: Locator) -> None:
    """Let axe-core look at a region, and at nothing around it."""
    expect(region).to_be_visible()
    if not region.page.evaluate("'axe' in window"):
        region.page.add_script_tag(path=AXE)
    found: list[dict[str, Any]] = region.evaluate(
        "async node => (await axe.run(node, { resultTypes: ['violations'] })).violations"
    )
    grave = [
        f"{finding['id']}: {node['html'][:200]}\n  {node['failureSummary']}"
        for finding in found
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]
    assert not grave, "\n".join(grave)


# Where the focus is: its name, and whether a ring of the page's or the browser's own tells it.
_FOCUS = """region => {
    const focus = document.activeElement;
    if (!region.contains(focus)) return null;
    const framed = focus.closest(".cm-content")
        ? (focus.closest(".jp-SubmarineForm-editor") ?? focus.closest(".cm-editor"))
        : focus;
    const style = getComputedStyle(framed);
    const isWithin = parseFloat(style.outlineOffset) < 0;
    const seen = style.outlineStyle === "auto"
        || (style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2
            && !(isWithin && style.outlineColor === style.backgroundColor));
    return [focus.getAttribute("aria-label") ?? focus.textContent ?? focus.tagName, seen];
}"""


def expect_rings(first: Locator, region: Locator) -> None:
    """Go by Tab from a control through a region: each place shows that it has the focus."""
    page = region.page
    first.focus()
    # What the mouse was used for last may show no ring: the keyboard comes back to it.
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    places: list[tuple[str, bool]] = []
    while (place := region.evaluate(_FOCUS)) is not None and len(places) < MOST_PLACES:
        places.append(place)
        # In an editor Tab indents; after Escape it leaves.
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
    assert len(places) > 1
    assert [name for name, seen in places if not seen] == []


def test_the_empty_panel(lab: Lab, page: Page, theme: str) -> None:
    panel = Panel.show(page, lab, f"empty-{theme}")
    expect(panel.region).to_contain_text("No experiments yet.")
    expect_accessible(panel.region)


@pytest.mark.usefixtures("experiment_id")
def test_the_panel_and_the_parts_of_an_experiment(lab: Lab, page: Page, theme: str) -> None:
    panel = Panel.show(page, lab, f"parts-{theme}")
    view = panel.open("good")
    view.expect_status("Succeeded")
    expect_accessible(panel.region)
    expect(view.log("worker-0")).to_contain_text("step 19")
    expect_accessible(view.region)
    for part in ("Metrics", "Files", "Spec", "Events"):
        view.tab(re.compile(part)).click()
        expect(view.region.get_by_role("tabpanel", name=re.compile(part))).not_to_be_empty()
        expect_accessible(view.region)
    for part in ("Logs", "Metrics", "Files", "Spec"):
        view.tab(re.compile(part)).click()
        expect_rings(view.button("Clone"), view.region)
    panel.row("good").click()
    expect_rings(panel.region.get_by_role("button", name="New experiment"), panel.region)


@pytest.mark.usefixtures("experiment_id")
def test_a_failure_and_its_questions(lab: Lab, page: Page, theme: str) -> None:
    panel = Panel.show(page, lab, f"failure-{theme}")
    view = panel.open("bad")
    view.expect_status("Failed")
    expect(view.log("worker-0")).to_contain_text("this one fails")
    view.button("Delete").click()
    expect(view.question("Delete this experiment with its logs?")).to_be_visible()
    expect_accessible(view.region)


@pytest.mark.usefixtures("experiment_id")
def test_the_comparison_and_a_selection(lab: Lab, page: Page, theme: str) -> None:
    panel = Panel.show(page, lab, f"compare-{theme}")
    panel.row("good").click()
    panel.row("bad").click(modifiers=["ControlOrMeta"])
    panel.selection.get_by_role("button", name="Compare").click()
    comparison = page.get_by_role("region", name="Comparison")
    expect(comparison.get_by_role("figure", name="loss")).to_be_visible()
    expect_accessible(comparison)
    expect_accessible(panel.region)


@pytest.mark.usefixtures("experiment_id")
def test_the_form_with_a_mistake_and_a_plan(lab: Lab, page: Page, theme: str) -> None:
    Panel.show(page, lab, f"form-{theme}").region.get_by_role(
        "button", name="New experiment"
    ).click()
    form = Form(page)
    form.field("Name").fill("looked-at")
    form.field("Command").fill("echo")
    form.press("Dry run")
    expect(form.region.get_by_role("region", name="Plan")).to_contain_text("would start")
    expect_accessible(form.region)
    form.press("Use a Python program instead")
    form.field("Worker memory").fill("a lot")
    form.press("Submit")
    expect(form.region.get_by_role("alert").filter(has_text="memory")).to_be_visible()
    expect_accessible(form.region)
    expect_rings(form.field("Name"), form.region)


def test_the_view_in_a_cell(lab: Lab, page: Page, theme: str, experiment_id: str) -> None:
    show = f"""
from submarine_jupyter import ExperimentClient
ExperimentClient().experiment({experiment_id!r})"""
    write_notebook(lab.root / "seen.ipynb", [show])
    page.goto(lab.address(f"lab/workspaces/cell-{theme}/tree/seen.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    view = View(page.locator(".jp-Notebook").get_by_role("region", name="Experiment good"))
    expect(view.log("worker-0")).to_contain_text("step 19")
    expect_accessible(view.region)
