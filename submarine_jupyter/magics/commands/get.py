"""`get`: show an experiment."""

from __future__ import annotations

import argparse

from ..context import Context
from ..grammar import CommandParser
from ..show import show
from .base import Command, keep_option, optional_id


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    experiment = context.experiment(arguments.id)
    if arguments.out:
        context.keep(arguments.out, experiment)
    show(experiment)


def _arguments(parser: CommandParser) -> None:
    optional_id(parser)
    keep_option(parser)


COMMAND = Command("get", "show an experiment, live", _run, _arguments)
