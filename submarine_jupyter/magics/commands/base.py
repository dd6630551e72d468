"""What a command is, and the arguments that several share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...spec.grammar import CommandParser
from ..context import Context


def _nothing(parser: CommandParser) -> None:
    """Add no arguments."""


@dataclass(frozen=True)
class Command:
    """One sub-command.

    Attributes
    ----------
    name, summary
        As help shows them.
    run
        Does it, with its arguments; `arguments.cell` is the body of the cell, or None.
    arguments
        Adds its arguments to a parser.
    details
        What its help says below the arguments.
    takes_cell
        Whether it can stand above a cell.
    """

    name: str
    summary: str
    run: Callable[[Context, argparse.Namespace], Any]
    arguments: Callable[[CommandParser], object] = _nothing
    details: str = ""
    takes_cell: bool = False

    def parser(self) -> CommandParser:
        """Return the parser of its arguments."""
        parser = CommandParser(self.name, self.summary, self.details)
        self.arguments(parser)
        return parser


_MEANS = "id, its beginning or end, a name, a variable or `last`"


def optional_id(parser: CommandParser) -> None:
    """Add the experiment that is meant."""
    parser.add_argument("id", nargs="?", help=f"{_MEANS}; without it the last one of this notebook")


def several_ids(parser: CommandParser) -> None:
    """Add the experiments that are meant, one at least."""
    parser.add_argument("ids", nargs="+", metavar="id", help=_MEANS)
