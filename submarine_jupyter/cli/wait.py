"""`wait`: wait for the end of an experiment."""

from __future__ import annotations

import argparse

from .command import Command, seconds
from .connection import connect, connection_options, find, id_argument
from .exits import Exit


def _run(options: argparse.Namespace) -> int:
    from .following import wait
    from .terminal import say

    experiment = find(connect(options), options.id)
    wait(experiment, options.timeout)
    say(f"{experiment.id} {experiment.last_status}")
    return Exit.DONE


def _arguments(parser: argparse.ArgumentParser) -> None:
    id_argument(parser)
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="wait no longer than this"
    )
    connection_options(parser)


COMMAND = Command("wait", "wait for the end of an experiment; fail if it does", _run, _arguments)
