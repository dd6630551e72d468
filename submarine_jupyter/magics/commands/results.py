"""`logs`, `events`, `metrics`, `files`: what a run has said, done, measured and written."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...client.table import Table
from ...errors import UsageError
from ...logs.times import parse_time
from ...spec.flags import add_keep_flag
from ...spec.grammar import CommandParser
from ..context import Context
from ..logview import LogView
from ..readable import make_readable
from .base import Command, optional_id


def _logs(context: Context, arguments: argparse.Namespace) -> None:
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


def _logs_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--pod", help="only this pod, such as worker-0")
    parser.add_argument(
        "--tail", type=int, default=100, metavar="N", help="the last N lines of each pod (100)"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the end")


def _events(context: Context, arguments: argparse.Namespace) -> None:
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


def _metrics(context: Context, arguments: argparse.Namespace) -> None:
    from ...client.frames import frame_or_records
    from ...client.metrics import COLUMNS, points_of
    from ..measures import summary

    experiment = context.experiment(arguments.id)
    wanted = (arguments.name or "").lower()
    found = [
        point
        for point in points_of(experiment.client, experiment.id)
        if wanted in point["name"].lower()
    ]
    if arguments.out:
        context.keep(arguments.out, frame_or_records(found, COLUMNS))
    context.show(summary(experiment, found))


def _metrics_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--name", help="only metrics whose name has this in it")
    add_keep_flag(parser, "every point (a DataFrame where pandas is installed)")


def _files(context: Context, arguments: argparse.Namespace) -> None:
    experiment = context.experiment(arguments.id)
    if arguments.download:
        target = experiment.download(arguments.download, Path(arguments.to).expanduser())
        context.say(f"{arguments.download} is copied to {target}")
        return
    rows = [(file["path"], f"{file['size']:,}") for file in experiment.files()]
    empty = "No files; a program keeps what it writes to $SUBMARINE_OUTPUT_DIR."
    context.show(Table(("Path", "Bytes"), rows, empty=empty))


def _files_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--download", metavar="PATH", help="copy this file to this machine")
    parser.add_argument("--to", default=".", metavar="PLACE", help="its directory or new name (.)")


LOGS = Command("logs", "show the last log lines of each pod", _logs, _logs_arguments)
EVENTS = Command("events", "say what happened to an experiment, and when", _events, optional_id)
METRICS = Command("metrics", "show what a run has measured", _metrics, _metrics_arguments)
FILES = Command("files", "list the files that a run wrote, or copy one", _files, _files_arguments)
