"""Experiments as the store keeps them, for tests that fill a store by themselves."""

from __future__ import annotations

import json

from submarine_jupyter.server.store import Event, Record
from submarine_jupyter.spec import ExperimentSpec, Status

from .api import experiment


def record(number: int, name: str = "test", status: Status = Status.ACCEPTED) -> Record:
    """Return an experiment with secrets wherever a summary must leave them out."""
    spec = experiment("python secret.py", env={"KEY": "secret"}, Worker=(2, "secret too"))
    spec["meta"]["name"] = name
    spec["code"] = {"syncMode": "git", "url": "https://secret.test/x.git"}
    return Record(
        id=f"experiment-1-{number:04d}",
        uid=f"uid-{number}",
        name=name,
        framework="TensorFlow",
        tags="[]",
        status=status,
        accepted=1_700_000_000.0 + number,
        spec=json.dumps(ExperimentSpec.from_wire(spec).to_wire()),
    )


def happened(entry: Record) -> list[Event]:
    """Return the first events of an experiment."""
    return [Event(entry.id, entry.accepted, "status", "Accepted")]
