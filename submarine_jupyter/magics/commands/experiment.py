"""`experiment`: submit a cell, or a spec from a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...errors import UsageError
from ...spec.flags import add_flags
from ..context import Context
from ..grammar import CommandParser
from .base import Command, keep_option


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:
    # What needs the models is loaded with the first submission, not with the extension.
    from ...spec.loading import load_mapping
    from ...spec.submission import Source, checked, spec_of_program, with_flags
    from ..cell import read_body
    from ..interpolation import into_program, into_text
    from ..naming import default_name
    from ..show import show
    from ..waiting import wait

    if cell is None and arguments.file is None:
        raise UsageError("Write `%%submarine experiment` above a cell, or name a file with -f")
    if cell is not None and arguments.file is not None:
        raise UsageError("-f/--file: the cell is the experiment already; leave one of them out")
    if cell is None:
        spec = checked(with_flags(load_mapping(_read(arguments.file)), arguments))
    else:
        first_line = _first_line(context)
        variables = context.shell.user_ns
        body = read_body(cell, into_text(cell, variables), arguments.kind, first_line)
        if body.program is not None:
            text = into_program(cell, body.program, first_line, variables)
            label = f"Cell In[{context.shell.execution_count}]"
            source = Source(text, body.program, label, first_line)
            spec = checked(spec_of_program(source, default_name(), arguments))
        else:
            spec = checked(with_flags(body.spec or {}, arguments))
    experiment = context.client.submit(spec)
    context.last = experiment
    if arguments.out:
        context.keep(arguments.out, experiment)
    show(experiment)
    if arguments.wait:
        wait(context, experiment)


def _first_line(context: Context) -> int:
    """Return the number of the body's first line in its cell; empty lines may precede the magic."""
    cell = ""
    if context.in_kernel:
        cell = context.shell.get_parent().get("content", {}).get("code", "")
    above = cell[: len(cell) - len(cell.lstrip())]
    return above.count("\n") + 2


def _read(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-f/--file: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"-f/--file: {path} is no UTF-8 text") from None


def _arguments(parser: CommandParser) -> None:
    add_flags(parser, name="else the notebook's")
    add = parser.add_argument
    add("--as", dest="kind", choices=("code", "spec"), help="what the cell is, if in doubt")
    add("-f", "--file", help="submit the spec in this YAML or JSON file")
    add("--wait", action="store_true", help="wait for the end; fail if it does")
    keep_option(parser)


COMMAND = Command(
    "experiment",
    "run the cell below, Python or a spec, as an experiment",
    _run,
    _arguments,
    takes_cell=True,
)
