"""What a command is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One sub-command.

    Attributes
    ----------
    name, summary
        As help shows them.
    run
        Does it, and returns the exit code.
    arguments
        Adds its arguments to a parser.
    details
        What help says beyond the summary.
    """

    name: str
    summary: str
    run: Callable[[argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], object]
    details: str = ""


def positive(text: str) -> int:
    """Return a whole number above 0, for `type=` of an argument."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is too few; use a whole number above 0")
    return int(text)


def natural(text: str) -> int:
    """Return a whole number, at least 0, for `type=` of an argument."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; use 0 or more")
    return int(text)


def seconds(text: str) -> float:
    """Return seconds above 0, for `type=` of an argument."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no time to wait; use seconds above 0")
    return value
