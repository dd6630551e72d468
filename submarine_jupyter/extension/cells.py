"""What a notebook's cell would submit, read without its kernel, for a form to show it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from ..spec.cell import Body, first_line_of, read_body
from ..spec.flags import add_cell_flags
from ..spec.grammar import CommandParser
from ..spec.interpolation import NoValues, into_program, into_words
from ..spec.submission import Defaults, Source, spec_of_program, with_flags

_MAGIC = "%%submarine"
_COMMAND = "experiment"


@dataclass(frozen=True)
class CellDraft:
    """What a form begins with.

    Attributes
    ----------
    spec
        As the flags and the body say it; None for a cell that is nothing but a program.
    program
        The Python that every replica runs; None where the spec says what they run.
    """

    spec: dict[str, Any] | None
    program: str | None


def read_cell(source: str, name: str, resources: str = "") -> CellDraft:
    """Read a whole cell as the magic does that it may begin with.

    What the magic does after it has submitted (`--wait`, `-o`) is not the form's.

    Parameters
    ----------
    name
        Of the experiment, unless the cell names it.
    resources
        What each replica of a program gets, unless the cell says it; else the usual.

    Raises
    ------
    UsageError, SpecError
        The cell cannot be read, needs its kernel, or is more than one experiment.
    """
    head, _, text = source.lstrip().partition("\n")
    magic, _, line = head.rstrip().partition(" ")
    if magic != _MAGIC:
        return CellDraft(None, source)
    values, first_line = NoValues(), first_line_of(source)
    flags = _flags(into_words(line, values))
    body = read_body(text, values, flags.kind, first_line)
    if body.program is None:
        return CellDraft(with_flags(_only_spec(body), flags), None)
    text = into_program(text, body.program, first_line, values)
    program = Source(text, body.program, name, first_line)
    spec = spec_of_program(program, name, flags, Defaults(resources=resources or None))
    del spec["meta"]["cmd"]
    return CellDraft(spec, text)


def _flags(words: list[str]) -> argparse.Namespace:
    """Return the flags of a cell that one form can show; UsageError names any other."""
    command = words[0] if words else ""
    if command != _COMMAND:
        written = f"{_MAGIC} {command}".strip()
        raise UsageError(
            f"The form takes Python, or a cell of `{_MAGIC} {_COMMAND}`; run `{written}` itself"
        )
    parser = CommandParser(_COMMAND, "")
    add_cell_flags(parser)
    flags = parser.parse(words[1:])
    if flags.help:
        raise UsageError("--help: submits nothing; leave it out")
    if flags.file or flags.rehearsed:
        flag = "-f/--file" if flags.file else "--rehearsed"
        raise UsageError(f"{flag}: the cell is the experiment already; leave one of them out")
    if flags.grid or flags.rehearse:
        flag = "--grid" if flags.grid else "--rehearse"
        raise UsageError(f"{flag}: the form submits one experiment, once; run the cell for this")
    return flags


def _only_spec(body: Body) -> dict[str, Any]:
    if len(body.documents) > 1:
        raise UsageError(
            f"The cell holds {len(body.documents)} specs, and the form submits one; run the cell"
        )
    return body.documents[0].value
