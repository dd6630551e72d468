"""`wait`: wait for an experiment."""

from __future__ import annotations

import argparse

from ...errors import UsageError
from ..context import Context
from ..grammar import CommandParser
from ..waiting import wait
from .base import Command, optional_id


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    if arguments.timeout is not None and not arguments.timeout > 0:
        raise UsageError(f"--timeout: {arguments.timeout:g} is too short; use seconds above 0")
    wait(context, context.experiment(arguments.id), arguments.timeout)


def _arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer than this")


COMMAND = Command("wait", "wait for an experiment; fails if it does", _run, _arguments)
