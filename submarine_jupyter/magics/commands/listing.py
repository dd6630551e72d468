"""`list`: the experiments as a table."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import Any

from ...errors import UsageError
from ...logs.times import age
from ...spec.status import Status
from ...widgets.html import pill, roles
from ...widgets.table import Table
from ..context import Context
from ..grammar import CommandParser
from .base import Command


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
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
            ("Id", "Name", "Status", "Framework", "Roles", "Time"),
            [_row(experiment, now) for experiment in experiments],
            empty="No experiments" + (" fit." if len(filters) > 1 else " yet."),
            markup={2: pill},
        )
    )


def _row(experiment: dict[str, Any], now: str) -> tuple[str, ...]:
    meta = experiment["spec"]["meta"]
    return (
        experiment["experimentId"],
        meta.get("name") or "",
        experiment["status"],
        meta.get("framework") or "",
        roles(experiment),
        age(experiment, now),
    )


def _arguments(parser: CommandParser) -> None:
    parser.add_argument("--status", help="only those of this status")
    parser.add_argument("--name", help="only those whose name has this in it")
    parser.add_argument("--tag", help="only those with this tag")
    parser.add_argument("--framework", help="only those of this framework")
    parser.add_argument("--limit", type=int, default=50, help="at most so many, the newest (50)")


COMMAND = Command("list", "list the experiments, the newest first", _run, _arguments)
