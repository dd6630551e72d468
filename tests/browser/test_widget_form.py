"""The form in a real notebook, by keyboard and mouse, from the first letter to the run's end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from .experiments import View
from .lab import Lab, NotebookPage
from .notebooks import write_notebook

SECRET = "hunter2"
COMMAND = "python -c \"import os; print('length', len(os.environ['HF_TOKEN']))\""


def open_form(lab: Lab, page: Page, name: str) -> Locator:
    """Open a notebook with a form in it."""
    write_notebook(
        lab.root / f"{name}.ipynb", ["%load_ext submarine_jupyter\n%submarine form", "1"]
    )
    page.goto(lab.address(f"lab/workspaces/{name}/tree/{name}.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    form = page.get_by_role("form", name="New experiment")
    expect(form).to_be_visible(timeout=20_000)
    return form


def keep_widget_state(lab: Lab) -> None:
    """Have JupyterLab keep the state of widgets in notebooks, as some people do."""
    path = "lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin"
    headers = {"Authorization": f"token {lab.token}"}
    raw = json.dumps({"saveState": True})
    answer = requests.put(f"{lab.url}{path}", json={"raw": raw}, headers=headers, timeout=30)
    answer.raise_for_status()


def press(page: Page, times: int, key: str = "Tab") -> None:
    for _ in range(times):
        page.keyboard.press(key)


def test_filled_corrected_submitted_and_watched_by_keyboard(lab: Lab, page: Page) -> None:
    form = open_form(lab, page, "keys")
    submit = form.get_by_role("button", name="Submit")
    expect(submit).to_be_disabled()
    expect(form.get_by_text("Still to fill in: Name, Command")).to_be_visible()
    form.get_by_label("Name").focus()
    page.keyboard.type("by-keys")
    press(page, 1)
    expect(form.get_by_label("Framework")).to_be_focused()
    # The picture that ipywidgets has for an arrow is black in every theme.
    expect(form.get_by_label("Framework")).to_have_css("background-image", "none")
    press(page, 2)
    expect(form.get_by_label("Program")).to_be_focused()
    press(page, 1)
    # `d` twice is a shortcut of the notebook: it would delete the cell.
    page.keyboard.type("python -c \"print('dd')\"")
    press(page, 3)
    cpu = form.get_by_label("Worker cpu")
    expect(cpu).to_be_focused()
    press(page, 1, "Control+a")
    page.keyboard.type("x")
    refused = "cpu=x is no amount; write cpu=1 or cpu=500m"
    expect(cpu).to_have_accessible_description(refused)
    expect(cpu).to_have_attribute("aria-invalid", "true")
    below = form.get_by_text(refused).bounding_box()
    field = cpu.bounding_box()
    assert below is not None
    assert field is not None
    assert abs(below["x"] - field["x"]) < 20
    assert 0 < below["y"] - field["y"] < 60
    expect(submit).to_be_disabled()

    press(page, 1, "Control+a")
    page.keyboard.type("1")
    expect(form.get_by_text(refused)).to_have_count(0)
    expect(cpu).not_to_have_attribute("aria-invalid", "true")
    expect(submit).to_be_enabled()
    submit.focus()
    page.keyboard.press("Enter")
    view = View(form.get_by_role("region", name="Experiment by-keys"))
    view.expect_status("Succeeded", timeout=60_000)
    expect(view.lines("worker-0")).to_have_text(["dd"])


def test_no_secret_is_saved(lab: Lab, page: Page) -> None:
    keep_widget_state(lab)
    form = open_form(lab, page, "secret")
    form.get_by_label("Name").fill("by-mouse")
    form.get_by_label("Framework").select_option("PyTorch")
    expect(form.get_by_label("Master replicas")).to_have_value("1")
    form.get_by_label("Command").fill(COMMAND)
    form.get_by_label("Master memory").fill("64M")
    form.get_by_role("button", name="Add variable").click()
    form.get_by_label("Variable 1", exact=True).fill("HF_TOKEN")
    expect(form.get_by_label("Secret")).to_be_checked()
    value = form.get_by_label("Value of variable 1")
    expect(value).to_have_attribute("type", "password")
    value.fill(SECRET)
    form.get_by_role("button", name="Spec as YAML").click()
    expect(form.get_by_label("YAML")).to_have_value(_holds("HF_TOKEN: '********'"))
    form.get_by_role("button", name="Dry run").click()
    expect(form.get_by_role("status").filter(has_text="Nothing was run")).to_be_visible()
    form.get_by_role("button", name="Submit").click()
    view = View(form.get_by_role("region", name="Experiment by-mouse"))
    view.expect_status("Succeeded", timeout=60_000)
    expect(view.lines("master-0")).to_have_text([f"length {len(SECRET)}"])

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form.get_by_role("button", name="Copy as cell").click()
    expect(form.get_by_role("status").filter(has_text="Copied; paste it")).to_be_visible()
    cell: str = page.evaluate("navigator.clipboard.readText()")
    assert cell.startswith("%%submarine experiment --as spec\nmeta:\n  name: by-mouse\n")
    assert SECRET not in cell

    saved = lab.root / "secret.ipynb"
    page.keyboard.press("Control+s")
    _wait_for(page, saved, "by-mouse")
    text = saved.read_text()
    assert "application/vnd.jupyter.widget-state+json" in text
    assert SECRET not in text


def test_yaml_is_taken_back(lab: Lab, page: Page) -> None:
    form = open_form(lab, page, "yaml")
    form.get_by_role("button", name="Spec as YAML").click()
    yaml = form.get_by_label("YAML")
    yaml.fill("meta: [")
    yaml.blur()
    expect(yaml).to_have_accessible_description(_holds("not valid YAML"))
    pasted = """\
meta: {name: pasted, framework: pytorch, cmd: python train.py, tags: [a, b]}
environment: {image: some:image}
spec:
  Master: {replicas: 1, resources: "cpu=1,memory=1G"}
  Worker: {replicas: 3, resources: "cpu=y,memory=2G,nvidia.com/gpu=1"}
"""
    yaml.fill(pasted)
    yaml.blur()
    expect(form.get_by_label("Name")).to_have_value("pasted")
    expect(form.get_by_label("Framework")).to_have_value("PyTorch")
    expect(form.get_by_label("Tags")).to_have_value("a, b")
    expect(form.get_by_label("Worker replicas")).to_have_value("3")
    expect(form.get_by_label("Worker gpu")).to_have_value("1")
    expect(form.get_by_label("Worker cpu")).to_have_accessible_description(_holds("cpu=y is no"))
    form.get_by_role("button", name="Remove Worker").click()
    expect(form.get_by_label("Worker cpu")).to_have_count(0)
    expect(form.get_by_role("button", name="Submit")).to_be_enabled()


def _wait_for(page: Page, file: Path, text: str) -> None:
    """Wait until a file holds a text."""
    for _ in range(200):
        if text in file.read_text():
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{file.name} does not hold {text!r}")


def _holds(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
