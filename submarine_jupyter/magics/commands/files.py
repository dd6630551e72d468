"""`files`: what an experiment wrote to its output directory."""

from __future__ import annotations

import argparse

from ...widgets.table import Table
from ..context import Context
from .base import Command, optional_id


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
    files = context.experiment(arguments.id).files()
    rows = [(file["path"], f"{file['size']:,}") for file in files]
    empty = "No files; a program keeps what it writes to $SUBMARINE_OUTPUT_DIR."
    context.show(Table(("Path", "Bytes"), rows, empty=empty))


COMMAND = Command("files", "list the files that an experiment wrote", _run, optional_id)
