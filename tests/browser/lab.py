"""A JupyterLab of its own, with nothing of the user's in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from playwright.sync_api import Locator, Page, expect

from submarine_jupyter import launch

EXAMPLES = Path(__file__).parents[2] / "examples"
START_TIMEOUT = 60.0
_EXIT_TIMEOUT = 15.0


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Attributes
    ----------
    url
        With a percent-encoded base, as hubs may have it.
    root
        The directory it shows.
    data_dir
        The data directory of its embedded experiment server.
    """

    url: str
    token: str
    root: Path
    data_dir: Path

    def address(self, path: str = "lab") -> str:
        """Return the address of a page, with the token."""
        return f"{self.url}{path}?token={self.token}"

    def choose_theme(self, theme: str) -> None:
        """Have its pages open in JupyterLab's light or dark theme."""
        name = f"JupyterLab {theme.capitalize()}"
        self.choose_settings("@jupyterlab/apputils-extension:themes", theme=name)

    def choose_settings(self, plugin: str, **values: object) -> None:
        """Have its pages open with these settings of a plugin, and its others as by default."""
        answer = requests.put(
            f"{self.url}lab/api/settings/{plugin}",
            json={"raw": json.dumps(values)},
            headers={"Authorization": f"token {self.token}"},
            timeout=30,
        )
        answer.raise_for_status()


@contextmanager
def running_lab(
    directory: Path,
    *,
    app: str = "jupyterlab",
    python: str = sys.executable,
    without: Sequence[str] = (),
    options: Sequence[str] = (),
) -> Iterator[Lab]:
    """Start a JupyterLab in a directory; end it, its kernels and its experiments afterwards.

    Parameters
    ----------
    app
        The module to start, such as `notebook` for Notebook 7.
    python
        The interpreter of the environment to start it from.
    without
        Front-end extensions to switch off.
    options
        More of the command line.
    """
    root, home = directory / "notebooks", directory / "home"
    shutil.copytree(EXAMPLES, root)
    for notebook in root.glob("*.ipynb"):
        _clear_outputs(notebook)
    runtime = home / "runtime"
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    # The question about Jupyter news would lie over the page.
    news = json.dumps({"fetchNews": "false", "checkForUpdates": False})
    (settings / "notification.jupyterlab-settings").write_text(news)
    page_config = home / "config" / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True)
    page_config.write_text(json.dumps({"disabledExtensions": dict.fromkeys(without, True)}))
    data_dir = directory / "data"
    env = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "SUBMARINE_DATA_DIR": str(data_dir),
    }
    own = ["--no-browser", "--allow-root", "--ServerApp.base_url=/a%40b/", "--port=0"]
    log = (directory / "lab.log").open("wb")
    process = subprocess.Popen(
        [python, "-m", app, *own, f"--ServerApp.root_dir={root}", *options],
        env=env,
        stdout=log,
        stderr=log,
    )
    try:
        info = _server_info(runtime, process, directory / "lab.log")
        yield Lab(info["url"], info["token"], root, data_dir)
    finally:
        process.terminate()
        try:
            process.wait(_EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            # A thread that anyio keeps for Jupyter Server's files may hold up the interpreter's
            # exit for ever, when the server ends while a page still asks for something.
            process.kill()
            process.wait()
        log.close()
        _end_runs(data_dir)
        launch.stop(data_dir)


def _clear_outputs(notebook: Path) -> None:
    """Make a notebook one that nobody has run."""
    document = json.loads(notebook.read_text())
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    notebook.write_text(json.dumps(document))


def _end_runs(data_dir: Path) -> None:
    """Delete all experiments, which would outlive their server otherwise."""
    server = launch.find(data_dir)
    if server is None:
        return
    url = f"{server.url}/api/v1/experiment"
    headers = {"Authorization": f"Bearer {server.token}"}
    for experiment in requests.get(url, headers=headers, timeout=10).json()["result"]:
        requests.delete(f"{url}/{experiment['experimentId']}", headers=headers, timeout=30)


def _server_info(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                found: dict[str, str] = json.loads(file.read_text())
            except ValueError:
                continue
            return found
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


@dataclass(frozen=True)
class NotebookPage:
    """A notebook open in JupyterLab."""

    page: Page

    def wait_ready(self) -> None:
        """Wait until its kernel can take a cell."""
        expect(self.page.locator(".jp-Notebook")).to_be_visible(timeout=60_000)
        # The notebook's own indicator says idle before there is a kernel at all.
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)

    def run_cell(self, number: int) -> None:
        """Run one of its code cells, counted from 0, and wait until the kernel has had it."""
        cell = self.page.locator(".jp-CodeCell").nth(number)
        editor = cell.locator(".cm-content")
        editor.click()
        expect(editor).to_be_focused()
        self.page.keyboard.press("Shift+Enter")
        expect(cell.locator(".jp-InputPrompt")).to_have_text(
            re.compile(r"\[\d+\]:"), timeout=60_000
        )

    def status(self, number: int = 0) -> Locator:
        """Return the status of an experiment's view."""
        return self.page.locator(".jp-Notebook [data-submarine-status]").nth(number)

    def log(self, pod: str) -> Locator:
        """Return the log of a pod whose name ends so."""
        return self.page.get_by_role("log", name=re.compile(f"Logs of .*{pod}$"))
