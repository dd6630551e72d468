"""`delete`: end runs and remove everything they left."""

from __future__ import annotations

import argparse

from ..context import Context
from ..grammar import CommandParser
from .base import Command


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    # All are looked up before the first is gone.
    for experiment in [context.experiment(text) for text in arguments.ids]:
        experiment.delete()
        context.say(f"{experiment.id} is deleted")
    context.last = None


def _arguments(parser: CommandParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="id", help="id, its end, name or variable")


COMMAND = Command("delete", "end experiments and delete their logs and files", _run, _arguments)
