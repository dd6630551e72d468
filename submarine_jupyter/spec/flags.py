"""The flags that several commands share, in a notebook, on a command line, and above a cell."""

from __future__ import annotations

import argparse

from .durations import seconds
from .grammar import variable

RESOURCES = "cpu=1,memory=1G"
"""What each replica gets when nobody says."""

ON_INTERRUPT = ("detach", "stop")
"""What an interrupt can do to the run that is waited for."""


def add_flags(parser: argparse.ArgumentParser, *, name: str) -> None:
    """Add the flags that change a spec; a notebook and a command line take the same.

    Parameters
    ----------
    name
        What help says of the name when none is given.
    """
    add = parser.add_argument
    add("--name", help=f"name; {name}")
    add("--framework", help="TensorFlow, PyTorch or XGBoost; else by what the program imports")
    add("--replicas", metavar="ROLE=N,…", help="how many of each role")
    add(
        "--resources",
        action="append",
        default=[],
        metavar="[ROLE:]cpu=N,memory=M",
        help=f"what each replica gets, of all roles or of one ({RESOURCES})",
    )
    add("-e", "--env", action="append", default=[], metavar="NAME=VALUE", help="a variable")
    add("--tags", metavar="A,B", help="tags")
    add("--image", help="the image of the containers, where there are containers")
    add("--environment", metavar="NAME", help="a predefined environment of the server")


def add_cell_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `experiment`: what it submits, and what then becomes of it."""
    add_flags(parser, name="else the notebook's")
    add = parser.add_argument
    add("--as", dest="kind", choices=("code", "spec"), help="what the cell is, if in doubt")
    add("-f", "--file", help="submit the spec in this YAML or JSON file")
    add(
        "--grid",
        nargs="+",
        metavar="NAME=A,B",
        help="submit every combination of these values; see below",
    )
    add("--dry-run", action="store_true", help="say what would run, and run nothing")
    add(
        "--rehearse",
        type=seconds,
        metavar="20s",
        help="run it in small on this machine first, for so long at most; see below",
    )
    add("--rehearsed", action="store_true", help="submit for real what was rehearsed last")
    add(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="wait for the end; fail if it does",
    )
    add_interrupt_flag(parser)
    add_keep_flag(parser, "the handle (of several a DataFrame, where pandas is installed)")


def add_interrupt_flag(parser: argparse.ArgumentParser) -> None:
    """Add what an interrupt does."""
    parser.add_argument(
        "--on-interrupt",
        choices=ON_INTERRUPT,
        help="what an interrupt does while this waits: leave the run alone (detach), or stop it",
    )


def add_keep_flag(parser: argparse.ArgumentParser, what: str = "the handle") -> None:
    """Add the variable that keeps what a command gives."""
    parser.add_argument(
        "-o", "--out", metavar="VAR", type=variable, help=f"keep {what} in this variable"
    )
