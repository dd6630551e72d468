"""What a command is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..context import Context
from ..grammar import CommandParser, variable


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
        Does it, with its arguments and the body of the cell if there is one.
    arguments
        Adds its arguments to a parser.
    takes_cell
        Whether it can stand above a cell.
    """

    name: str
    summary: str
    run: Callable[[Context, argparse.Namespace, str | None], Any]
    arguments: Callable[[CommandParser], object] = _nothing
    takes_cell: bool = False

    def parser(self) -> CommandParser:
        """Return the parser of its arguments."""
        parser = CommandParser(self.name, self.summary)
        self.arguments(parser)
        return parser


def optional_id(parser: CommandParser) -> None:
    """Add the experiment that is meant."""
    parser.add_argument(
        "id",
        nargs="?",
        help="id, its end, name or variable; else the last one of this notebook",
    )


def keep_option(parser: CommandParser) -> None:
    """Add the variable that keeps the handle."""
    parser.add_argument(
        "-o", "--out", metavar="VAR", type=variable, help="keep the handle in this variable"
    )
