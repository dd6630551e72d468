"""`events`: what happened to an experiment, and when."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..errors import SubmarineError
from .command import Command
from .connection import connect, connection_options, find, id_argument
from .exits import Exit

if TYPE_CHECKING:
    from ..client import Experiment


def _run(options: argparse.Namespace) -> int:
    from . import terminal

    client = connect(options)
    experiment = find(client, options.id)
    if not client.has_feature("events"):
        raise SubmarineError("this server keeps no events; `get` shows the experiment's times")
    if options.follow:
        _follow(experiment, as_json=options.json)
    elif options.json:
        terminal.show_json(experiment.events())
    else:
        columns = [
            terminal.Column("Time", whole=True),
            terminal.Column("What", whole=True),
            terminal.Column("Pod", whole=True),
            terminal.Column("Message", least=20),
        ]
        terminal.show_table(columns, [_row(experiment, event) for event in experiment.events()])
    return Exit.DONE


def _follow(experiment: Experiment, *, as_json: bool) -> None:
    from ..client.following import View
    from ..logs.clean import one_line
    from .following import goes_on
    from .terminal import json_line

    with goes_on(experiment):
        for record in experiment.records(View(tail=0)):
            if record.event != "event":
                continue
            if as_json:
                text = json_line(record.data)
            else:
                when, what, pod, message = map(one_line, _row(experiment, record.data))
                text = f"{when}  {what:<10}  {pod:<10}  {message}".rstrip()
            print(text, flush=True)


def _row(experiment: Experiment, event: dict[str, Any]) -> tuple[str, ...]:
    from ..logs.times import parse_time

    return (
        parse_time(event["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        event.get("reason") or "",
        (event.get("pod") or "").removeprefix(f"{experiment.id}-"),
        event.get("message") or "",
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    id_argument(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the end")
    parser.add_argument(
        "--json", action="store_true", help="print them as the API answers them; with -f one a line"
    )
    connection_options(parser)


COMMAND = Command("events", "say what happened to an experiment, and when", _run, _arguments)
