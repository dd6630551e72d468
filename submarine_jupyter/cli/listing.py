"""`list`: the experiments, the newest first."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..spec.status import Status
from .command import Command, positive
from .connection import connect, connection_options
from .exits import Exit

if TYPE_CHECKING:
    from rich.text import Text

_LIMIT = 20


def _run(options: argparse.Namespace) -> int:
    from . import terminal

    filters = _filters(options)
    page = connect(options).page(**filters)
    if options.json:
        terminal.show_json(page.experiments)
    elif page.experiments:
        now = datetime.now(timezone.utc).isoformat()
        columns = [
            terminal.Column("Id", whole=True),
            terminal.Column("Name", least=10),
            terminal.Column("Status", whole=True),
            terminal.Column("Framework", whole=True, spare=True),
            terminal.Column("Age", whole=True),
            terminal.Column("Duration", whole=True, spare=True),
        ]
        terminal.show_table(columns, [_row(experiment, now) for experiment in page.experiments])
    else:
        narrowed = filters.keys() - {"limit"}
        terminal.remark("No experiments fit." if narrowed else "No experiments yet.")
    more = page.total - len(page.experiments)
    if more > 0:
        terminal.remark(f"{more} more; --all shows them, --limit N the newest N")
    return Exit.DONE


def _filters(options: argparse.Namespace) -> dict[str, str]:
    filters = {
        name: getattr(options, name)
        for name in ("name", "tag", "framework")
        if getattr(options, name) is not None
    }
    if options.status is not None:
        try:
            filters["status"] = Status.parse(options.status).value
        except ValueError as error:
            raise UsageError(f"--status: {error}") from None
    if not options.all:
        filters["limit"] = str(options.limit)
    return filters


def _row(experiment: dict[str, Any], now: str) -> tuple[str | Text, ...]:
    from ..client.listing import shown_name
    from ..logs.times import duration, seconds_between
    from .terminal import status

    meta = experiment["spec"]["meta"]
    accepted, running = experiment.get("acceptedTime"), experiment.get("runningTime")
    until = experiment.get("finishedTime") or now
    return (
        experiment["experimentId"],
        shown_name(experiment),
        status(experiment["status"]),
        meta.get("framework") or "",
        duration(seconds_between(accepted, now), units=1) if accepted else "",
        duration(seconds_between(running, until)) if running else "",
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--status", metavar="S", help="only those of this status")
    add("--name", metavar="N", help="only those whose name has this in it")
    add("--tag", metavar="T", help="only those with this tag")
    add("--framework", metavar="F", help="only those of this framework")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--limit", type=positive, default=_LIMIT, metavar="N", help="at most so many (%(default)s)"
    )
    amount.add_argument("--all", action="store_true", help="all there are")
    add("--json", action="store_true", help="print them as the API answers them, in short")
    connection_options(parser)


COMMAND = Command("list", "list the experiments, the newest first", _run, _arguments)
