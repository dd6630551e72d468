"""From a new experiment to its end by the keyboard alone: nothing here touches the mouse."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from .experiments import Form, Panel, View
from .lab import Lab

# More than any of our surfaces has places to stop at.
MOST_STOPS = 80


def go_to(target: Locator, key: str = "Tab") -> None:
    """Press Tab until something has the focus, as a reader does."""
    expect(target).to_be_visible()
    page = target.page
    for _ in range(MOST_STOPS):
        if target.evaluate("node => node === document.activeElement"):
            return
        if page.evaluate("Boolean(document.activeElement.closest('form .cm-editor'))"):
            # In an editor Tab indents; after Escape it leaves, as the form says there.
            page.keyboard.press("Escape")
        page.keyboard.press(key)
    raise AssertionError(f"{key} never comes to {target}.")


def fill(form: Form, fields: dict[str, str]) -> None:
    """Go from field to field in their order, and type."""
    for label, text in fields.items():
        go_to(form.field(label))
        form.page.keyboard.press("ControlOrMeta+A")
        form.page.keyboard.type(text)


def submitted(form: Form, name: str) -> View:
    """Submit, and wait for the run's end."""
    go_to(form.region.get_by_role("button", name="Submit"))
    form.page.keyboard.press("Enter")
    view = View(form.page.get_by_role("region", name=f"Experiment {name}"))
    view.expect_status("Succeeded", timeout=60_000)
    return view


def test_submit_watch_clone_compare_and_delete(lab: Lab, page: Page) -> None:
    page.goto(lab.address("lab/workspaces/by-keyboard"))
    expect(page.locator(".jp-Launcher")).to_be_visible(timeout=60_000)
    page.keyboard.press("ControlOrMeta+Alt+e")
    panel = Panel(page)
    expect(panel.filter).to_be_focused()

    go_to(panel.region.get_by_role("button", name="New experiment"), "Shift+Tab")
    page.keyboard.press("Enter")
    form = Form(page)
    expect(form.field("Name")).to_be_focused()
    fill(
        form,
        {
            "Name": "key-one",
            "Command": """sh -c 'for i in 1 2 3; do echo "step $i loss: $LR"; done'""",
            "Variables": "LR=0.5",
        },
    )
    expect(form.yaml).to_contain_text("LR: ")

    one = submitted(form, "key-one")
    expect(one.log("worker-0")).to_contain_text("step 3 loss: 0.5")
    parts = one.region.get_by_role("tablist", name="Parts of the experiment")
    go_to(parts.get_by_role("tab", selected=True))
    page.keyboard.press("ArrowRight")
    expect(one.region.get_by_role("figure", name="loss")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    go_to(one.log("worker-0").get_by_role("textbox"))

    go_to(one.button("Clone"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(form.field("Name")).to_be_focused()
    expect(form.field("Name")).to_have_value("key-one")
    fill(form, {"Name": "key-two", "Variables": "LR=0.25"})
    submitted(form, "key-two")

    page.keyboard.press("ControlOrMeta+Alt+e")
    expect(panel.row("key-two")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    expect(panel.selection).to_contain_text("2 selected")
    go_to(panel.selection.get_by_role("button", name="Compare"))
    page.keyboard.press("Enter")
    comparison = page.get_by_role("region", name="Comparison")
    row = comparison.get_by_role("row", name=re.compile("meta.envVars.LR"))
    expect(row).to_contain_text("0.25")
    go_to(comparison.get_by_label("Show what is the same too"))
    page.keyboard.press("Space")
    expect(comparison.get_by_role("row", name="meta.framework")).to_be_visible()

    page.keyboard.press("ControlOrMeta+Alt+e")
    go_to(panel.selection.get_by_role("button", name="Delete"))
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Delete 2 experiments")
    go_to(question.get_by_role("button", name="Delete"))
    page.keyboard.press("Enter")
    expect(panel.row("key-one")).to_have_count(0)
    expect(panel.row("key-two")).to_have_count(0)
