"""The MIME bundle of an experiment: data for a live view, and snapshots for everyone else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SubmarineError
from .html import to_html
from .snapshot import take_snapshot
from .text import to_text

if TYPE_CHECKING:
    from ..client import Experiment

MIME_TYPE = "application/vnd.submarine.experiment+json"
VERSION = 1


def mime_bundle(experiment: Experiment) -> dict[str, Any]:
    """Return what a notebook keeps of an experiment; less than 20 kB.

    The live view gets `{version, experimentId, server, name, status, snapshot}`. Where the server
    cannot be reached, only text is left.
    """
    try:
        server = experiment.client.info(start="if-known").get("server")
        snapshot = take_snapshot(experiment)
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
    return {MIME_TYPE: payload, "text/html": to_html(snapshot), "text/plain": to_text(snapshot)}
