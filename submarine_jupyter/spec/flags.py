"""The flags that change a spec; a notebook and a command line take the same."""

from __future__ import annotations

import argparse

RESOURCES = "cpu=1,memory=1G"
"""What each replica gets when nobody says."""


def add_flags(parser: argparse.ArgumentParser, *, name: str) -> None:
    """Add the flags that change a spec.

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
