"""From a cell or a file, flags and a grid to the specs that are submitted."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import Problem, SpecError, UsageError
from ..spec.cell import first_line_of, read_body, read_specs
from ..spec.interpolation import Values, into_program
from ..spec.loading import Document, load_documents
from ..spec.spelling import misspelt
from ..spec.submission import Source, checked, spec_of_program, with_defaults, with_flags
from .context import Context
from .grid import Grid
from .naming import default_name


@dataclass(frozen=True)
class Draft:
    """A spec that has been checked.

    Attributes
    ----------
    spec
        What is sent.
    parameters
        Its point of the grid.
    """

    spec: dict[str, Any]
    parameters: Mapping[str, object] = field(default_factory=dict)


def drafts(context: Context, arguments: argparse.Namespace) -> list[Draft]:
    """Return what a command asks to submit; nothing is sent before all of it is right."""
    grid = Grid.read(arguments.grid)
    found: list[Draft] = []
    for point in grid.points:
        found += _drafts_at(context, arguments, point)
    if not grid.is_empty:
        found = [
            replace(draft, spec=grid.label(draft.spec, number, draft.parameters))
            for number, draft in enumerate(found, 1)
        ]
    return found


def drafts_of_specs(context: Context, arguments: argparse.Namespace) -> list[Draft]:
    """Return the specs of a cell that holds nothing else, changed by the flags."""
    values = Values(context.shell.user_ns)
    documents = read_specs(arguments.cell, values, first_line(context))
    return _of_documents(documents, lambda spec: with_flags(spec, arguments), "")


def _drafts_at(
    context: Context, arguments: argparse.Namespace, point: Mapping[str, object]
) -> list[Draft]:
    defaults = context.settings.defaults()

    def finish(spec: dict[str, Any]) -> dict[str, Any]:
        return with_defaults(with_flags(spec, arguments), defaults)

    if arguments.cell is None:
        documents = load_documents(_read(arguments.file))
        return _at(point, _of_documents(documents, finish, f"{arguments.file}, "))
    line = first_line(context)
    values = Values({**context.shell.user_ns, **point})
    body = read_body(arguments.cell, values, arguments.kind, line)
    if body.program is None:
        return _at(point, _of_documents(body.documents, finish, ""))
    text = into_program(arguments.cell, body.program, line, values)
    source = Source(text, body.program, f"Cell In[{context.cell_number}]", line)
    spec = spec_of_program(source, default_name(), arguments, defaults)
    checked(spec)
    return _at(point, [Draft(spec)])


def _of_documents(
    documents: Sequence[Document], finish: Callable[[dict[str, Any]], dict[str, Any]], name: str
) -> list[Draft]:
    """Return the checked specs; SpecError lists what is wrong in all of them, and where."""
    found, problems = [], []
    for document in documents:
        try:
            spec = finish(document.value)
            checked(spec, [*misspelt(document.value)])
        except SpecError as error:
            problems += [_placed(problem, document, name) for problem in error.problems]
        else:
            found.append(Draft(spec))
    if problems:
        raise SpecError(problems)
    return found


def _placed(problem: Problem, document: Document, name: str) -> Problem:
    """Return a problem that says where it stands."""
    place = document.place(problem.field)
    if place is None:
        return problem
    return Problem(f"{name}{place}: {problem.field}", problem.message)


def _at(point: Mapping[str, object], found: list[Draft]) -> list[Draft]:
    return [replace(draft, parameters=point) for draft in found]


def first_line(context: Context) -> int:
    """Return the number of the body's first line in the cell that runs."""
    cell = ""
    if context.in_kernel:
        cell = context.shell.get_parent().get("content", {}).get("code", "")
    return first_line_of(cell)


def _read(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-f/--file: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"-f/--file: {path} is no UTF-8 text") from None
