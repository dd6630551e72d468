"""`logs`: the last lines of an experiment's pods, or the new ones as they come."""

from __future__ import annotations

import argparse

from ...errors import UsageError
from ..context import Context
from ..grammar import CommandParser
from ..logview import LogView
from ..readable import make_readable
from .base import Command, optional_id


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    if arguments.tail < 0:
        raise UsageError(f"--tail: {arguments.tail} is too few; use 0 or more")
    experiment = context.experiment(arguments.id)
    lines = experiment.logs(arguments.pod, arguments.tail, arguments.follow)
    view = LogView(context, live=arguments.follow)
    try:
        for line in lines:
            view.add(line)
    except KeyboardInterrupt:
        message = f"Not following any more; {experiment.id} goes on"
        raise make_readable(KeyboardInterrupt(message)) from None
    finally:
        view.finish()


def _arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--pod", help="only this pod, such as worker-0")
    parser.add_argument(
        "--tail", type=int, default=100, metavar="N", help="the last N lines of each pod (100)"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the end")


COMMAND = Command("logs", "show the last log lines of each pod", _run, _arguments)
