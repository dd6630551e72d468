"""`events`: what happened to an experiment, and when."""

from __future__ import annotations

import argparse

from ...logs.times import parse_time
from ...widgets.table import Table
from ..context import Context
from .base import Command, optional_id


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    experiment = context.experiment(arguments.id)
    rows = [
        (
            parse_time(event["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            event["reason"],
            (event.get("pod") or "").removeprefix(f"{experiment.id}-"),
            event.get("message") or "",
        )
        for event in experiment.events()
    ]
    context.show(Table(("Time", "What", "Pod", "Message"), rows, empty="Nothing has happened yet."))


COMMAND = Command("events", "say what happened to an experiment, and when", _run, optional_id)
