"""The buttons of the form, and what came of pressing them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets

from ...client import Experiment, ExperimentClient
from ...client.provenance import collect, notebook_path, record
from ...client.table import Table
from ...errors import SubmarineError
from ...logs.clean import cut, one_line
from ...spec import ExperimentSpec
from ...spec.program import decode_cell
from .anywidgets import Landmark
from .cells import as_cell
from .fields import note, row, say
from .live import LiveView
from .model import FormModel

_COMMAND = 100
"""Characters of a command that a dry run shows."""


class Submission:
    """Submit, Dry run and Copy as cell.

    Attributes
    ----------
    box
        Its widget.
    experiment
        The last one that was submitted.
    """

    def __init__(self, model: FormModel, client: ExperimentClient, *, provenance: bool) -> None:
        self._model = model
        self._client = client
        self._provenance = provenance
        self.experiment: Experiment | None = None
        self._busy = False
        self._listeners: list[Callable[[Experiment], None]] = []
        self._submit = self._button("Submit", "Run the experiment", self._submitted)
        self._submit.button_style = "primary"
        self._plan = self._button("Dry run", "Say what a submit would do", self._planned)
        self._copy = self._button("Copy as cell", "Copy a cell that submits this", self._copied)
        self._status = note()
        self._result = note()
        self._cell = ipywidgets.Textarea(description="Cell", rows=6)
        self._landmark = Landmark("New experiment", self._was_copied)
        self._live = LiveView()
        self.box = ipywidgets.VBox(
            [row(self._submit, self._plan, self._copy), self._status, self._result, self._landmark]
        )
        self.box.add_class("submarine-Group")

    def refresh(self, errors: dict[str, str], hint: str) -> None:
        """Let what can be done be done; `hint` says what is still to do."""
        self._submit.disabled = self._plan.disabled = bool(errors) or self._busy
        self._copy.disabled = bool(errors)
        if hint or not self._busy:
            say(self._status, hint, role="status")

    def listen(self, listener: Callable[[Experiment], None]) -> None:
        """Have `listener` called with every experiment that is submitted."""
        self._listeners.append(listener)

    def submit(self, spec: ExperimentSpec) -> Experiment:
        """Submit a spec and show the experiment below; returns its handle."""
        sent = spec.to_wire()
        if self._provenance:
            source = decode_cell(sent["meta"].get("cmd") or "")
            record(sent, collect(Path.cwd(), source, notebook_path()))
        experiment = self._client.submit(sent)
        for listener in self._listeners:
            listener(experiment)
        with self._model.lock:
            self.experiment = experiment
            self._live.show(experiment)
            self._result.value = ""
            self._show(self._live.box)
        return experiment

    def _submitted(self) -> None:
        # The first time this takes seconds: the experiment server is started.
        say(self._status, "Submitting…", role="status")
        experiment = self.submit(self._model.spec)
        say(self._status, f"Submitted {experiment.id}", role="status")

    def _planned(self) -> None:
        plan = self._client.plan(self._model.spec)
        self._result.value = plan_html(plan)
        self._show()
        say(self._status, "Nothing was run", role="status")

    def _copied(self) -> None:
        self._cell.value = as_cell(self._model.draft)
        self._show(self._cell)
        self._landmark.copy(self._cell.value)

    def _was_copied(self, done: bool) -> None:
        hidden = [each.name for each in self._model.draft.variables if each.is_hidden]
        after = f"; set {', '.join(hidden)} in the notebook before you run it" if hidden else ""
        text = "Copied; paste it into a cell" if done else "Copy the cell below"
        say(self._status, text + after, role="status")

    def _show(self, *widgets: Any) -> None:
        """Show widgets below the buttons, and the live view last if there is one."""
        fixed = self.box.children[:4]
        live = () if self.experiment is None else (self._live.box,)
        self.box.children = (*fixed, *(each for each in widgets if each not in live), *live)

    def _button(self, text: str, tooltip: str, act: Callable[[], None]) -> Any:
        button = ipywidgets.Button(description=text, tooltip=tooltip)

        def pressed(_button: object) -> None:
            with self._model.lock:
                if self._busy:
                    return
                self._busy = True
            button.disabled = True
            try:
                act()
            except (SubmarineError, TimeoutError) as error:
                # There is no cell to show it in but the form's own.
                say(self._status, str(error), role="alert")
            finally:
                self._busy = False
                button.disabled = False

        button.on_click(pressed)
        return button


def plan_html(plan: dict[str, Any]) -> str:
    """Return what a dry run said: each pod, where it would run, and what has no effect."""
    rows = [
        [one_line(str(pod.get(key) or "")) for key in ("name", "cwd")]
        + [cut(one_line(shlex.join(pod.get("argv") or [])), _COMMAND)]
        for pod in plan.get("pods", [])
    ]
    table = Table(("Pod", "Directory", "Command"), rows, empty="No pods.").to_html()
    ignored = "".join(f"<li>{escape(one_line(text))}</li>" for text in plan.get("ignored", []))
    return table + (f"<div>Without effect here:</div><ul>{ignored}</ul>" if ignored else "")
