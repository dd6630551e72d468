"""What the body of a `%%submarine experiment` cell is: a spec, or a Python program."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import Problem, SpecError, UsageError
from .interpolation import Marked, Values
from .loading import Document, load_documents
from .submission import parse_program

Kind = Literal["code", "spec"]

FIRST_LINE = 2
"""The cell's first line is the command."""

_KEY = re.compile(r"[\w.\-]+\s*:(\s|$)|\"[^\"]*\"\s*:|'[^']*'\s*:|\{")
_SPEC_KEY = re.compile(r"\b(?:spec|meta)\b")
_NOTEBOOK_LINE = re.compile(r"\s*(?:[\w.,\s]+=\s*)?(?P<mark>%%?|!!?)\s*(?P<word>[A-Za-z_]\w*)?")


@dataclass(frozen=True)
class Body:
    """The body of a cell that can be sent.

    Attributes
    ----------
    documents
        The specs, if it holds specs.
    program
        The parsed Python, if it is a program.
    """

    documents: Sequence[Document] = ()
    program: ast.Module | None = None


def first_line_of(cell: str) -> int:
    """Return the number of the body's first line; empty lines may precede the cell's magic."""
    above = cell[: len(cell) - len(cell.lstrip())]
    return above.count("\n") + FIRST_LINE


def read_body(
    source: str, values: Values, kind: Kind | None = None, first_line: int = FIRST_LINE
) -> Body:
    """Tell a spec from a program.

    YAML or JSON mappings of which one has a top-level `spec` or `meta` are specs. What else parses
    as Python is a program, unless it only says `name: value`. What is neither gets the error of
    what it looks like.

    Parameters
    ----------
    values
        What `{{name}}` stands for in a spec.
    kind
        Settles it instead.
    first_line
        Number of the first line of `source` in its cell, for errors.

    Raises
    ------
    SpecError
        It looks like YAML or JSON, and is none that can be read.
    UsageError
        It looks like Python, and is none.
    """
    if not source.strip():
        raise UsageError("The cell is empty; write Python or a spec below its first line")
    if kind == "code":
        return Body(program=_parse(source, first_line))
    if kind == "spec" or _holds_specs(source):
        return Body(documents=read_specs(source, values, first_line))
    try:
        program = _parse(source, first_line)
    except UsageError:
        if not _looks_like_yaml(source):
            raise
    else:
        if not _only_annotates(program):
            return Body(program=program)
    (first, *_) = read_specs(source, values, first_line)
    keys = ", ".join(map(str, first.value)) or "nothing"
    message = f"a spec has meta, environment and spec at its top level; this has {keys}"
    raise SpecError([Problem("", message)])


def read_specs(source: str, values: Values, first_line: int = FIRST_LINE) -> list[Document]:
    """Read the specs in a text, with values filled in; errors have the lines of the cell."""
    # Empty lines before it make the lines in errors the cell's own.
    marked = Marked("\n" * (first_line - 1) + source)
    try:
        return load_documents(marked.text, marked.filler(values))
    except SpecError as error:
        raise SpecError(map(_explained, error.problems)) from None


def _explained(problem: Problem) -> Problem:
    """Say in a user's words what YAML makes of `{{n + 1}}`."""
    if not problem.message.endswith("found unhashable key"):
        return problem
    message = "between {{ and }} stands a name, name.attr or name[0]; assign the value to a name"
    return Problem(problem.field, message)


def _holds_specs(source: str) -> bool:
    if _SPEC_KEY.search(source) is None:  # parsing a large program as YAML takes seconds
        return False
    try:
        documents = load_documents(Marked(source).text)
    except SpecError:
        return False
    return any({"spec", "meta"} & set(document.value) for document in documents)


def _parse(source: str, first_line: int) -> ast.Module:
    try:
        return parse_program(source, first_line)
    except SyntaxError as error:
        padded = "\n" * (first_line - 1) + source
        raise UsageError(_say_syntax_error(error, padded.splitlines())) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"The cell is no Python program: {error}") from None


def _say_syntax_error(error: SyntaxError, lines: Sequence[str]) -> str:
    number = error.lineno
    if not number:
        return f"The cell is no Python program: {error.msg}"
    line = lines[number - 1].strip() if number <= len(lines) else ""
    notebook = _NOTEBOOK_LINE.match(line)
    if notebook:
        what = f"{notebook['mark']}{notebook['word'] or ''}"
        return (
            f"Line {number}: `{line}` is a command of the notebook, and the cell runs as a plain "
            f"Python program, which has no {what}; move the line to another cell"
        )
    return f"Line {number}: {error.msg}: `{line}`" if line else f"Line {number}: {error.msg}"


def _only_annotates(program: ast.Module) -> bool:
    """Whether a program does nothing: to Python, the YAML `name: value` is an annotation."""
    return bool(program.body) and all(
        isinstance(statement, ast.AnnAssign) and statement.value is None
        for statement in program.body
    )


def _looks_like_yaml(source: str) -> bool:
    lines = (line.strip() for line in source.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return _KEY.match(first) is not None or first == "---"
