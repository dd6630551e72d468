"""`diff`, `compare`: what experiments have in common, and what not."""

from __future__ import annotations

import argparse

from ...errors import UsageError
from ...spec.flags import add_keep_flag
from ...spec.grammar import CommandParser
from ..context import Context
from .base import Command

_MOST = 100


def _diff(context: Context, arguments: argparse.Namespace) -> None:
    first, second = context.experiments([arguments.first, arguments.second])
    context.show(first.diff(second))


def _diff_arguments(parser: CommandParser) -> None:
    parser.add_argument("first", metavar="A", help="id, its beginning or end, name or variable")
    parser.add_argument("second", metavar="B", help="another")


def _compare(context: Context, arguments: argparse.Namespace) -> None:
    ids = [experiment.id for experiment in context.experiments(arguments.ids)]
    if arguments.tag:
        tagged = context.client.summaries(tag=arguments.tag, limit=str(_MOST))
        ids += [entry["experimentId"] for entry in reversed(tagged)]
    if len(ids) < 2:
        raise UsageError("Name two experiments or more, or a --tag that two or more have")
    comparison = context.client.compare(dict.fromkeys(ids))
    if arguments.out:
        context.keep(arguments.out, comparison.to_pandas())
    context.show(comparison)


def _compare_arguments(parser: CommandParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="id", help="id, its beginning or end, name, …")
    parser.add_argument("--tag", help="those with this tag, such as that of a grid")
    add_keep_flag(parser, "a DataFrame, which needs pandas,")


DIFF = Command("diff", "show what changed from one experiment to another", _diff, _diff_arguments)
COMPARE = Command(
    "compare",
    "put experiments side by side: what differs, metrics, durations",
    _compare,
    _compare_arguments,
)
