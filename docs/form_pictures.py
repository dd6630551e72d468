"""The form's picture: filled in, with one amount refused, and below it the run it submitted."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.experiments import View
from tests.browser.lab import Lab, NotebookPage
from tests.browser.notebooks import write_notebook

_SIZE: ViewportSize = {"width": 1000, "height": 1250}
_PROGRAM = "import time; [(print('loss', 1 / n), time.sleep(0.02)) for n in range(1, 200)]"


def take_form(browser: Browser, lab: Lab, images: Path, theme: str) -> None:
    """Picture the form after a refused amount, and after its run has ended."""
    name = f"form-{theme}.ipynb"
    write_notebook(lab.root / name, ["%load_ext submarine_jupyter\n%submarine form"])
    page = browser.new_page(viewport=_SIZE, device_scale_factor=1.5)
    page.goto(lab.address(f"lab/workspaces/form/tree/{name}"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    page.keyboard.press("Control+b")
    notebook.run_cell(0)
    form = page.get_by_role("form", name="New experiment")
    form.get_by_label("Name").fill("digits")
    form.get_by_label("Tags").fill("baseline, cpu")
    form.get_by_label("Command").fill(f'python -c "{_PROGRAM}"')
    form.get_by_role("button", name="Add role").click()
    form.get_by_role("button", name="Add variable").click()
    form.get_by_label("Variable 1", exact=True).fill("HF_TOKEN")
    expect(form.get_by_label("Secret")).to_be_checked()
    form.get_by_label("Value of variable 1").fill("a secret")
    form.get_by_label("Worker cpu").fill("x")
    expect(form.get_by_text("cpu=x is no amount")).to_be_visible()
    page.mouse.move(0, 0)
    form.screenshot(path=images / f"form-{theme}.png")

    form.get_by_label("Worker cpu").fill("1")
    form.get_by_role("button", name="Submit").click()
    View(form.get_by_role("region", name="Experiment digits")).expect_status("Succeeded", 60_000)
    page.mouse.move(0, 0)
    form.screenshot(path=images / f"form-submitted-{theme}.png")
    for picture in ("form", "form-submitted"):
        print(f"docs/images/{picture}-{theme}.png")
    page.close()
