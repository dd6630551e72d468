"""The main job in a real browser: run the quickstart, watch it, reload, watch it to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from submarine_jupyter import launch

from .lab import Lab, NotebookPage

SUBMIT = 1
WAIT = 2


def make_untrusted(notebook: Path) -> None:
    """Add an output that no one here has made, so that saving cannot sign the notebook."""
    document = json.loads(notebook.read_text())
    html = {"output_type": "display_data", "metadata": {}, "data": {"text/html": ["<b>old</b>"]}}
    document["cells"][-1]["outputs"] = [html]
    notebook.write_text(json.dumps(document))


def wait_for_line(lab: Lab, page: Page) -> str:
    """Wait until the run has printed an accuracy; return the last line there is."""
    for _ in range(600):
        server = launch.find(lab.data_dir)
        if server is not None:
            headers = {"Authorization": f"Bearer {server.token}"}
            url = f"{server.url}/api/v1/experiment"
            experiments = requests.get(url, headers=headers, timeout=10).json()["result"]
            if experiments:
                identity = experiments[-1]["experimentId"]
                logs = requests.get(f"{url}/logs/{identity}", headers=headers, timeout=10).json()
                for pod in logs["result"]["logContent"]:
                    if pod["podName"].endswith("worker-0") and pod["podLog"]:
                        return str(pod["podLog"][-1])
        page.wait_for_timeout(50)
    raise AssertionError("the run printed nothing")


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_a_run_is_watched_through_a_reload_to_its_end(lab: Lab, page: Page, trusted: bool) -> None:
    notebook = lab.root / f"quickstart-{trusted}.ipynb"
    notebook.write_text((lab.root / "quickstart.ipynb").read_text())
    if not trusted:
        make_untrusted(notebook)
    page.goto(lab.address(f"lab/workspaces/{notebook.stem}/tree/{notebook.name}"))
    view = NotebookPage(page)
    view.wait_ready()
    view.run_cell(0)
    view.run_cell(SUBMIT)

    expect(view.status()).to_have_attribute("data-submarine-status", "Running", timeout=30_000)
    page.get_by_role("tab", name="Worker 0").click()
    printed = wait_for_line(lab, page)
    expect(view.log("worker-0")).to_contain_text(printed, timeout=2_000)

    page.reload()
    view.wait_ready()
    expect(view.status()).to_have_attribute("data-submarine-status", "Running", timeout=30_000)
    page.get_by_role("tab", name="Worker 0").click()
    expect(view.status()).to_have_attribute("data-submarine-status", "Succeeded", timeout=60_000)
    expect(view.log("worker-0")).to_contain_text("Accuracy at step 990")
