"""`list`, `get`, `status`: which experiments there are, and how each is."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import Any

from ...client.listing import shown_name
from ...client.table import Table
from ...errors import UsageError
from ...logs.times import age
from ...spec.flags import add_keep_flag
from ...spec.grammar import CommandParser
from ...spec.status import Status
from ...widgets.html import pill, roles
from ..context import Context
from ..show import show
from .base import Command, optional_id

_HEADINGS = ("Id", "Name", "Status", "Framework", "Roles", "Time")


def _list(context: Context, arguments: argparse.Namespace) -> None:
    if arguments.limit < 1:
        raise UsageError(f"--limit: {arguments.limit} is too few; use 1 or more")
    filters = {"limit": str(arguments.limit)}
    if arguments.status:
        try:
            filters["status"] = Status.parse(arguments.status).value
        except ValueError as error:
            raise UsageError(f"--status: {error}") from None
    for name in ("name", "tag", "framework"):
        if getattr(arguments, name):
            filters[name] = getattr(arguments, name)
    experiments = context.client.summaries(**filters)[: arguments.limit]
    now = datetime.now(timezone.utc).isoformat()
    context.show(
        Table(
            _HEADINGS,
            [_row(experiment, now) for experiment in experiments],
            empty="No experiments" + (" fit." if len(filters) > 1 else " yet."),
            markup={2: pill},
        )
    )


def _row(experiment: dict[str, Any], now: str) -> tuple[str, ...]:
    meta = experiment["spec"]["meta"]
    return (
        experiment["experimentId"],
        shown_name(experiment),
        experiment["status"],
        meta.get("framework") or "",
        roles(experiment),
        age(experiment, now),
    )


def _list_arguments(parser: CommandParser) -> None:
    parser.add_argument("--status", help="only those of this status")
    parser.add_argument("--name", help="only those whose name has this in it")
    parser.add_argument("--tag", help="only those with this tag")
    parser.add_argument("--framework", help="only those of this framework")
    parser.add_argument("--limit", type=int, default=50, help="at most so many, the newest (50)")


def _get(context: Context, arguments: argparse.Namespace) -> None:
    experiment = context.experiment(arguments.id)
    context.keep(arguments.out, experiment)
    if arguments.source:
        context.show(_source(experiment.spec))
    elif arguments.spec:
        from ...client.cells import as_yaml

        context.say(as_yaml(experiment.spec))
    else:
        show(experiment)


def _source(spec: dict[str, Any]) -> object:
    from IPython.display import Code

    from ...client.cells import source_of

    source = source_of(spec)
    if source is None:
        raise UsageError("This experiment was no cell; `--spec` shows what it runs")
    make: Any = Code  # IPython has no types for it
    return make(source, language="python")


def _get_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    add_keep_flag(parser)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--source", action="store_true", help="the program that was submitted")
    instead.add_argument("--spec", action="store_true", help="the spec as YAML, without secrets")


def _status(context: Context, arguments: argparse.Namespace) -> None:
    experiment = context.experiment(arguments.id)
    context.say(f"{experiment.id} ({experiment.name}): {experiment.last_status}")


LIST = Command("list", "list the experiments, the newest first", _list, _list_arguments)
GET = Command("get", "show an experiment, live", _get, _get_arguments)
STATUS = Command("status", "say how an experiment is", _status, optional_id)
