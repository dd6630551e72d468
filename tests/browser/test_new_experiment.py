"""The form for a new experiment, from wherever it can be opened, and the comparison."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Request, expect

from .experiments import Form, Panel, View
from .lab import Lab, NotebookPage
from .notebooks import write_notebook

YAML = """\
meta: {name: by-hand, framework: PyTorch, cmd: echo changed}
environment: {}
spec: {Worker: {replicas: 3, resources: 'cpu=1,memory=64M'}}
"""

FLAGGED = """\
%%submarine experiment --name flagged --replicas Worker=2 -e LR=0.5 -e API_KEY=hunter2
print("learning rate {{lr}}")"""

PROGRAM = """\
import os
for step in range(5): print(f'step {step} loss: {step * float(os.environ["LR"])}')"""


def test_fields_and_yaml_say_the_same_and_a_dry_run_runs_nothing(lab: Lab, page: Page) -> None:
    panel = Panel.show(page, lab, "form")
    page.locator(".jp-LauncherCard", has_text=re.compile("^Experiment$")).click()
    form = Form(page)
    expect(form.field("Name")).to_be_focused()
    form.field("Name").fill("typed")
    form.field("Framework").select_option("PyTorch")
    expect(form.field("Master replicas")).to_have_value("1")
    form.press("Add Worker")
    form.field("Worker replicas").fill("2")
    form.field("Worker memory").fill("256M")
    form.field("Command").fill("echo hello")
    form.field("Tags").fill("one, two")
    form.field("Variables").fill("LR=0.1")
    for line in ("name: typed", "replicas: 2", "memory=256M", "cmd: echo hello", "- two", "LR:"):
        expect(form.yaml).to_contain_text(line)

    form.rewrite(form.yaml, YAML)
    expect(form.field("Name")).to_have_value("by-hand")
    expect(form.field("Command")).to_have_value("echo changed")
    expect(form.field("Worker replicas")).to_have_value("3")
    expect(form.field("Master replicas")).to_have_count(0)

    form.press("Dry run")
    plan = form.region.get_by_role("region", name="Plan")
    expect(plan).to_contain_text("would start 3 pods", timeout=30_000)
    expect(plan).to_contain_text("echo changed")
    expect(panel.rows).to_have_count(0)


def test_mistakes_are_named(lab: Lab, page: Page) -> None:
    Panel.show(page, lab, "mistakes")
    page.keyboard.press("ControlOrMeta+Alt+n")
    form = Form(page)
    form.field("Command").fill("echo x")
    form.field("Worker memory").fill("a lot")
    form.press("Submit")
    problems = form.region.get_by_role("alert")
    expect(problems.filter(has_text="memory")).to_be_visible(timeout=30_000)
    form.rewrite(form.yaml, "meta: {name")
    expect(form.region.get_by_role("button", name="Submit")).to_be_disabled()
    expect(problems.filter(has_text="line 1")).to_be_visible()


def test_submit_watch_clone_compare_and_delete(lab: Lab, page: Page) -> None:
    panel = Panel.show(page, lab, "tour")
    panel.region.get_by_role("button", name="New experiment").click()
    form = Form(page)
    form.field("Name").fill("tour-one")
    form.press("Use a Python program instead")
    form.rewrite(form.program, PROGRAM)
    form.field("Variables").fill("LR=0.5")
    form.press("Submit")
    one = View(page.get_by_role("region", name="Experiment tour-one"))
    one.expect_status("Succeeded", timeout=60_000)
    expect(one.log("worker-0")).to_contain_text("step 4 loss: 2.0")

    one.button("Clone").click()
    expect(form.field("Name")).to_have_value("tour-one")
    expect(form.program).to_contain_text("for step in range(5):")
    form.field("Name").fill("tour-two")
    form.field("Variables").fill("LR=0.25")
    form.press("Submit")
    two = View(page.get_by_role("region", name="Experiment tour-two"))
    two.expect_status("Succeeded", timeout=60_000)

    panel.row("tour-one").click()
    panel.row("tour-two").click(modifiers=["ControlOrMeta"])
    panel.selection.get_by_role("button", name="Compare").click()
    comparison = page.get_by_role("region", name="Comparison")
    expect(comparison.get_by_role("row", name="meta.envVars.LR 0.5 0.25")).to_be_visible()
    expect(comparison.get_by_role("row", name="loss 2 1", exact=True)).to_be_visible()
    expect(comparison.get_by_role("row", name="meta.framework")).to_have_count(0)
    comparison.get_by_label("Show what is the same too").check()
    expect(comparison.get_by_role("row", name="meta.framework")).to_be_visible()
    expect(comparison.get_by_role("figure", name="loss")).to_be_visible()

    panel.selection.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(panel.row("tour-one")).to_have_count(0)
    expect(panel.row("tour-two")).to_have_count(0)


@pytest.mark.parametrize("place", ["toolbar", "context menu"])
def test_a_cell_is_submitted_and_runs_beside_its_notebook(lab: Lab, page: Page, place: str) -> None:
    directory = lab.root / "below"
    directory.mkdir(exist_ok=True)
    (directory / "beside.txt").write_text("what lies beside the notebook")
    notebook = directory / f"My {place}.ipynb"
    notebook.write_text((lab.root / "quickstart.ipynb").read_text())
    workspace = place.replace(" ", "-")
    page.goto(lab.address(f"lab/workspaces/{workspace}/tree/below/{quote(notebook.name)}"))
    NotebookPage(page).wait_ready()
    editor = page.locator(".jp-CodeCell").first.locator(".cm-content")
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("print(open('beside.txt').read())")
    if place == "toolbar":
        page.get_by_role("button", name="Submit cell as experiment").click()
    else:
        editor.click(button="right")
        page.get_by_role("menuitem", name="Submit Cell as Experiment").click()
    form = Form(page)
    name = f"my-{place.replace(' ', '-')}"
    expect(form.field("Name")).to_have_value(name)
    expect(form.program).to_contain_text("print(open('beside.txt').read())")
    form.press("Submit")
    view = View(page.get_by_role("region", name=f"Experiment {name}"))
    view.expect_status("Succeeded", timeout=60_000)
    expect(view.log("worker-0")).to_contain_text("what lies beside the notebook")


def test_what_a_cell_says_and_what_was_typed_come_back_after_a_reload(lab: Lab, page: Page) -> None:
    write_notebook(lab.root / "flags.ipynb", [FLAGGED, "%%submarine experiment\nlr = {{lr}}"])
    workspace = "lab/workspaces/draft"
    page.goto(lab.address(f"{workspace}/tree/flags.ipynb"))
    NotebookPage(page).wait_ready()
    cells = page.locator(".jp-CodeCell .cm-content")
    button = page.get_by_role("button", name="Submit cell as experiment")
    cells.nth(1).click()
    button.click()
    expect(page.get_by_text("{{lr}}: only the notebook's kernel")).to_be_visible()

    cells.first.click()
    button.click()
    form = Form(page)
    expect(form.field("Name")).to_have_value("flagged")
    expect(form.field("Worker replicas")).to_have_value("2")
    expect(form.field("Variables")).to_have_value("LR=0.5\nAPI_KEY=hunter2")
    expect(form.program).to_have_text('print("learning rate {{lr}}")')

    form.rewrite(form.program, "print('typed too')")
    for tags in ("typed", "typed again"):
        with page.expect_request(partial(saves, text=tags)) as saved:
            form.field("Tags").fill(tags)
        assert "hunter2" not in (saved.value.post_data or "")
        page.goto(lab.address(workspace))
        expect(form.region).to_have_count(1)
        expect(form.field("Name")).to_have_value("flagged")
        expect(form.field("Worker replicas")).to_have_value("2")
        expect(form.field("Tags")).to_have_value(tags)
        expect(form.field("Variables")).to_have_value("LR=0.5\nAPI_KEY=")
        expect(form.program).to_have_text("print('typed too')")


def saves(request: Request, text: str) -> bool:
    """Tell whether a request saves a workspace in which a form holds a text."""
    return request.method == "PUT" and f"- {text}\\" in (request.post_data or "")
