"""Experiments of a test's own, submitted past the page, and the panel that lists them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

from submarine_jupyter import launch
from submarine_jupyter.spec.program import encode_cell

from .lab import Lab

ONE_WORKER = {"Worker": 1}

# What every program below can use: it waits until the test lets it go on.
_PRELUDE = """\
import os, sys, time
def say(text, end="\\n"):
    sys.stdout.write(text + end)
    sys.stdout.flush()
def wait_for(gate):
    while not os.path.exists(gate):
        time.sleep(0.02)
"""


@dataclass(frozen=True)
class Experiments:
    """The experiments of a Lab's embedded server."""

    lab: Lab

    def submit(
        self,
        name: str,
        program: str,
        replicas: Mapping[str, int] = ONE_WORKER,
        tags: Sequence[str] = (),
        *,
        framework: str = "TensorFlow",
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Submit a program, and return the experiment's id."""
        source = _PRELUDE + textwrap.dedent(program)
        spec = {
            "meta": {
                "name": name,
                "framework": framework,
                "cmd": encode_cell(source, "cell"),
                "tags": list(tags),
                "envVars": dict(variables or {}),
            },
            "environment": {"image": "none"},
            "spec": {
                role: {"replicas": count, "resources": "cpu=1,memory=64M"}
                for role, count in replicas.items()
            },
        }
        return str(self._call("POST", "experiment", spec)["experimentId"])

    def status(self, experiment_id: str) -> str:
        """Return the status that the server answers."""
        return str(self._call("GET", f"experiment/{experiment_id}")["status"])

    def delete(self, experiment_id: str) -> None:
        """Delete an experiment, as somebody else would."""
        self._call("DELETE", f"experiment/{experiment_id}")

    def server_id(self) -> str:
        """Return the id that notebooks name the server by."""
        return str(self._call("GET", "info")["server"])

    def finished(self, experiment_id: str) -> float:
        """Return when the run ended, in seconds since the epoch."""
        answer = self._call("GET", f"experiment/{experiment_id}")
        return datetime.fromisoformat(answer["finishedTime"]).timestamp()

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        server = launch.ensure(self.lab.data_dir)
        answer = requests.request(
            method,
            f"{server.url}/api/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {server.token}"},
            timeout=10,
        )
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()["result"]
        return result


@dataclass(frozen=True)
class Panel:
    """The list of experiments at the side of JupyterLab."""

    page: Page

    @classmethod
    def show(cls, page: Page, lab: Lab, workspace: str) -> Panel:
        """Open JupyterLab in a workspace of its own, and the panel in it."""
        page.goto(lab.address(f"lab/workspaces/{workspace}"))
        # An empty workspace gets a launcher last of all, and that takes the focus.
        expect(page.locator(".jp-Launcher")).to_be_visible(timeout=60_000)
        page.get_by_role("tab", name="Experiments", exact=True).click()
        panel = cls(page)
        expect(panel.region).to_be_visible()
        return panel

    @property
    def region(self) -> Locator:
        """The panel itself."""
        return self.page.get_by_role("region", name="Submarine experiments")

    @property
    def filter(self) -> Locator:
        """The field for the words to look for."""
        return self.region.get_by_role("searchbox", name="Filter experiments")

    @property
    def rows(self) -> Locator:
        """All experiments that are listed."""
        return self.region.get_by_role("listbox", name="Experiments").get_by_role("option")

    def row(self, name: str) -> Locator:
        """Return the row of the experiments with a name."""
        return self.rows.filter(has=self.page.get_by_text(name, exact=True))

    @property
    def selection(self) -> Locator:
        """What can be done with the selected experiments."""
        return self.region.get_by_role("toolbar", name="Selected experiments")

    def choose(self, name: str, command: str) -> None:
        """Choose from the context menu of a row."""
        self.row(name).click(button="right")
        self.page.get_by_role("menuitem", name=command, exact=True).click()

    def sort(self, order: str) -> None:
        """Choose from the menu of orders."""
        self.region.get_by_role("button", name="Sort").click()
        self.page.get_by_role("menuitemcheckbox", name=order).or_(
            self.page.get_by_role("menuitem", name=order)
        ).click()

    def open(self, name: str) -> View:
        """Open an experiment as a document, and wait for its data."""
        self.row(name).dblclick()
        view = View(self.page.get_by_role("region", name=f"Experiment {name}", exact=True))
        expect(view.status).to_be_visible()
        return view


@dataclass(frozen=True)
class Form:
    """The form for a new experiment."""

    page: Page

    @property
    def region(self) -> Locator:
        """The form itself."""
        return self.page.get_by_role("form", name="New experiment")

    @property
    def yaml(self) -> Locator:
        """The spec as YAML."""
        return self.region.get_by_role("textbox", name="Spec as YAML")

    @property
    def program(self) -> Locator:
        """The Python program, if it has one."""
        return self.region.get_by_role("textbox", name="Program", exact=True)

    def field(self, label: str) -> Locator:
        """Return a field by its label."""
        return self.region.get_by_label(label, exact=True)

    def press(self, button: str) -> None:
        """Press one of its buttons."""
        self.region.get_by_role("button", name=button, exact=True).click()

    def rewrite(self, editor: Locator, text: str) -> None:
        """Replace what an editor holds."""
        editor.click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)


@dataclass(frozen=True)
class View:
    """The view of an experiment."""

    region: Locator

    @property
    def status(self) -> Locator:
        """The experiment's status."""
        return self.region.locator("[data-submarine-status]")

    def expect_status(self, status: str, timeout: float = 20_000) -> None:
        """Wait until the experiment has a status."""
        expect(self.status).to_have_attribute("data-submarine-status", status, timeout=timeout)

    def log(self, pod: str) -> Locator:
        """Return the log of the pod whose name ends so."""
        return self.region.get_by_role("log", name=re.compile(f"Logs of .*-{pod}$"))

    def lines(self, pod: str) -> Locator:
        """Return the lines of a short log."""
        return self.log(pod).locator(".cm-line")

    def tab(self, name: str | re.Pattern[str]) -> Locator:
        """Return the tab of one of its parts."""
        parts = self.region.get_by_role("tablist", name="Parts of the experiment")
        return parts.get_by_role("tab", name=name, exact=isinstance(name, str))

    def button(self, name: str) -> Locator:
        """Return one of its buttons."""
        return self.region.get_by_role("button", name=name, exact=True)

    def question(self, text: str) -> Locator:
        """Return what asks for a confirmation."""
        return self.region.get_by_role("group", name=text)


def open_gate(gate: Path) -> None:
    """Let a program go on that waits for a gate."""
    gate.touch()
