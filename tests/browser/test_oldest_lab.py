"""The oldest JupyterLab that the package says it works with, in an environment of its own."""

from __future__ import annotations

import re
import subprocess
import venv
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from playwright.sync_api import Page, expect

from .experiments import Experiments, Panel
from .lab import Lab, running_lab

REPOSITORY = Path(__file__).parents[2]


def oldest_jupyterlab() -> str:
    """Return the lower bound of the package's requirement."""
    wanted = map(Requirement, requires("submarine-jupyter") or ())
    [bounds] = {each.specifier for each in wanted if each.name == "jupyterlab"}
    [lowest] = [bound.version for bound in bounds if bound.operator == ">="]
    return lowest


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield that JupyterLab, with the package installed as a reader would install it."""
    directory = tmp_path_factory.mktemp("oldest")
    environment = directory / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    packages = [f"jupyterlab=={oldest_jupyterlab()}", str(REPOSITORY)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    with running_lab(directory, python=str(python)) as running:
        yield running


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_panel_lists_and_an_experiment_shows_its_log(lab: Lab, page: Page) -> None:
    Experiments(lab).submit("smoke", "say('seen in the oldest')")
    panel = Panel.show(page, lab, "oldest")
    version = page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).appVersion"
    )
    assert re.match(re.escape(oldest_jupyterlab()) + r"\b", version)
    view = panel.open("smoke")
    view.expect_status("Succeeded")
    expect(view.log("worker-0")).to_contain_text("seen in the oldest")
