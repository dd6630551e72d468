"""Renew the pictures in docs/images, taken in a real JupyterLab.

python -m docs.screenshots
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from docs.form_pictures import take_form
from docs.panel_pictures import take_panel
from docs.view_pictures import take_view
from tests.browser import chromium
from tests.browser.lab import Lab, NotebookPage, running_lab

IMAGES = Path(__file__).with_name("images")
SIZE: ViewportSize = {"width": 1360, "height": 800}
SUBMIT = 1


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.ARGUMENTS
        )
        for theme in ("light", "dark"):
            with tempfile.TemporaryDirectory() as directory, running_lab(Path(directory)) as lab:
                # While the list has nothing but its own.
                take_panel(browser, lab, IMAGES, theme)
                take_quickstart(browser, lab, theme)
                take_form(browser, lab, IMAGES, theme)
                take_view(browser, lab, IMAGES, theme)
        browser.close()


def take_quickstart(browser: Browser, lab: Lab, theme: str) -> None:
    """Picture the submitted cell with its live view, and the panel beside it."""
    lab.choose_theme(theme)
    page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)
    page.goto(lab.address("lab/tree/quickstart.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    notebook.run_cell(SUBMIT)
    page.get_by_role("tab", name="Experiments").click()
    page.get_by_role("tab", name="Worker 0").click()
    expect(notebook.log("worker-0")).to_contain_text("Accuracy at step 300", timeout=60_000)
    page.locator(".jp-Notebook [data-submarine-status]").scroll_into_view_if_needed()
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"quickstart-{theme}.png")
    print(f"docs/images/quickstart-{theme}.png")
    page.close()


if __name__ == "__main__":
    main()
