"""Notebook 7, which has one document in its main area and no left panel of ours at first sight."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .experiments import Form
from .lab import Lab


def test_a_cell_becomes_an_experiment(lab: Lab, page: Page) -> None:
    page.goto(lab.address("notebooks/quickstart.ipynb"))
    editor = page.locator(".jp-CodeCell").first.locator(".cm-content")
    expect(editor).to_be_visible(timeout=60_000)
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("print('from Notebook 7')")
    page.get_by_role("button", name="Submit cell as experiment").click()
    form = Form(page)
    expect(form.program).to_contain_text("from Notebook 7")
    form.press("Submit")
    region = page.get_by_role("region", name="Experiment quickstart")
    expect(region.locator("[data-submarine-status]")).to_have_attribute(
        "data-submarine-status", "Succeeded", timeout=60_000
    )
    expect(region.get_by_role("log")).to_contain_text("from Notebook 7")
