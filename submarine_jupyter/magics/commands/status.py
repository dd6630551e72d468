"""`status`: the status of an experiment."""

from __future__ import annotations

import argparse

from ..context import Context
from .base import Command, optional_id


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    experiment = context.experiment(arguments.id)
    context.say(f"{experiment.id} ({experiment.name}): {experiment.last_status}")


COMMAND = Command("status", "say how an experiment is", _run, optional_id)
