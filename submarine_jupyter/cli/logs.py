"""`logs`: what the replicas of an experiment wrote."""

from __future__ import annotations

import argparse

from .command import Command, natural
from .connection import connect, connection_options, find, id_argument
from .exits import Exit


def _run(options: argparse.Namespace) -> int:
    from .following import follow_logs, show_lines

    experiment = find(connect(options), options.id)
    prefix = options.prefix and options.pod is None
    if options.follow:
        follow_logs(
            experiment,
            pod=options.pod,
            tail=options.tail,
            prefix=prefix,
            as_json=options.json,
        )
    else:
        lines = experiment.logs(options.pod, options.tail)
        show_lines(experiment, lines, prefix=prefix, as_json=options.json)
    return Exit.DONE


def _arguments(parser: argparse.ArgumentParser) -> None:
    id_argument(parser)
    add = parser.add_argument
    add("-f", "--follow", action="store_true", help="go on until the end; 3 if it failed")
    add("--pod", metavar="P", help="only this pod, such as worker-0")
    add("--tail", type=natural, metavar="N", help="only the last N lines of each pod")
    add("--no-prefix", dest="prefix", action="store_false", help="do not say which pod it was")
    add("--json", action="store_true", help='print each line as {"pod": …, "line": …}')
    connection_options(parser)


COMMAND = Command("logs", "print the logs of an experiment's pods", _run, _arguments)
