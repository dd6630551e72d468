"""What the body of a `%%submarine experiment` cell is: a spec, or a Python program."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import Problem, SpecError, UsageError
from ..spec.loading import load_mapping
from ..spec.submission import parse_program

Kind = Literal["code", "spec"]

FIRST_LINE = 2
"""The cell's first line is the command."""

_KEY = re.compile(r"[\w.\-]+\s*:(\s|$)|\"[^\"]*\"\s*:|'[^']*'\s*:|\{")
_NOTEBOOK_LINE = re.compile(r"\s*(?:[\w.,\s]+=\s*)?(?P<mark>%%?|!!?)\s*(?P<word>[A-Za-z_]\w*)?")


@dataclass(frozen=True)
class Body:
    """The body of a cell that can be sent.

    Attributes
    ----------
    spec
        The mapping, if it is a spec.
    program
        The parsed Python, if it is a program.
    """

    spec: dict[str, object] | None = None
    program: ast.Module | None = None


def read_body(
    source: str, spec_text: str, kind: Kind | None = None, first_line: int = FIRST_LINE
) -> Body:
    """Tell a spec from a program.

    A YAML or JSON mapping with a top-level `spec` or `meta` is a spec. What else parses as Python
    is a program, unless it only says `name: value`. What is neither gets the error of what it
    looks like.

    Parameters
    ----------
    spec_text
        The source as it reads if it is a spec, with its variables filled in.
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
    if kind == "spec":
        return Body(spec=_load(spec_text, first_line))
    if kind == "code":
        return Body(program=_parse(source, first_line))
    mapping = _mapping_of_a_spec(spec_text)
    if mapping is not None:
        return Body(spec=mapping)
    try:
        program = _parse(source, first_line)
    except UsageError:
        if not _looks_like_yaml(source):
            raise
    else:
        if not _only_annotates(program):
            return Body(program=program)
    mapping = _load(spec_text, first_line)
    keys = ", ".join(map(str, mapping)) or "nothing"
    message = f"a spec has meta, environment and spec at its top level; this has {keys}"
    raise SpecError([Problem("", message)])


def _mapping_of_a_spec(source: str) -> dict[str, object] | None:
    try:
        mapping = load_mapping(source)
    except SpecError:
        return None
    return mapping if {"spec", "meta"} & set(mapping) else None


def _load(source: str, first_line: int) -> dict[str, object]:
    # Empty lines before it make the lines in errors the cell's own.
    return load_mapping("\n" * (first_line - 1) + source)


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
