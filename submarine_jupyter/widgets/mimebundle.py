"""The MIME bundle of an experiment: data for a live view, and snapshots for everyone else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import SubmarineError
from .html import to_html
from .snapshot import take_metrics, take_snapshot
from .text import to_text

if TYPE_CHECKING:
    from ..client import Experiment
    from .view import ExperimentView

MIME_TYPE = "application/vnd.submarine.experiment+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
VERSION = 1


def mime_bundle(experiment: Experiment) -> dict[str, Any]:
    """Return what a notebook keeps of an experiment; less than 16 kB in its file.

    The live view gets `{version, experimentId, server, name, status, snapshot}`. Where the server
    cannot be reached, only text is left.
    """
    try:
        server = experiment.client.info(start="if-known").get("server")
        snapshot = take_snapshot(experiment)
        metrics = take_metrics(experiment)
    except SubmarineError as error:
        return {"text/plain": f"{experiment!r}\n{error}"}
    payload = {
        "version": VERSION,
        "experimentId": experiment.id,
        "server": server or "",
        "name": experiment.name,
        "status": experiment.last_status,
        "snapshot": snapshot,
    }
    bundle: dict[str, Any] = {
        MIME_TYPE: payload,
        "text/html": to_html(snapshot, metrics),
        "text/plain": to_text(snapshot),
    }
    if needs_widget(os.environ):
        bundle[WIDGET] = widget_bundle(experiment)
    return bundle


def needs_widget(environment: Mapping[str, str]) -> bool:
    """Whether this kernel's front end has only widgets to show a run live, as VS Code has.

    Elsewhere a widget would do harm: with its saved state nbconvert prefers it to the HTML.
    """
    return "VSCODE_PID" in environment and "SUBMARINE_JUPYTER" not in environment


def widget_bundle(experiment: Experiment) -> dict[str, Any]:
    """Return what shows an experiment's widget; there is one of each experiment in a kernel."""
    from .view import ExperimentView

    view = _VIEWS.get(experiment.id)
    if view is None:
        view = _VIEWS[experiment.id] = ExperimentView(experiment)
    return {"version_major": 2, "version_minor": 0, "model_id": view.model_id}


_VIEWS: dict[str, ExperimentView] = {}
