"""`stop`: end runs and keep their records."""

from __future__ import annotations

import argparse

from ..context import Context
from ..grammar import CommandParser
from .base import Command


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    # All are looked up before the first is touched.
    for experiment in [context.experiment(text) for text in arguments.ids]:
        if experiment.is_over:
            context.say(f"{experiment.id} is over already: {experiment.last_status}")
        else:
            experiment.stop()
            context.say(f"{experiment.id} is being stopped; its logs stay")


def _arguments(parser: CommandParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="id", help="id, its end, name or variable")


COMMAND = Command("stop", "end experiments; their logs stay", _run, _arguments)
