"""`{{name}}`: values of the notebook's variables, put into a spec, a flag or a program.

Other braces stay as they are, and so do names that the notebook does not know.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from ..errors import UsageError

_PLACE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def into_text(text: str, namespace: Mapping[str, Any]) -> str:
    """Return a text with the values of known names, as `str` gives them."""
    return _PLACE.sub(
        lambda place: str(namespace[place[1]]) if place[1] in namespace else place[0], text
    )


def into_program(
    source: str, program: ast.Module, first_line: int, namespace: Mapping[str, Any]
) -> str:
    """Return Python source with the values of names as literals; its lines stay where they are.

    Only what stands outside strings counts: there `{{name}}` would be a set of a set, which
    Python never accepts, while in strings it is text.

    Parameters
    ----------
    program, first_line
        The source, parsed, and the number that its first line has there.

    Raises
    ------
    UsageError
        A name is unknown, or its value has no literal.
    """
    found: list[tuple[int, int, str]] = []
    lines = source.split("\n")
    for node in ast.walk(program):
        name = _name_in_braces(node)
        if name is not None and isinstance(node, ast.Set):
            line = node.lineno - first_line
            before = lines[line].encode()[: node.col_offset]
            found.append((line, len(before.decode(errors="replace")), name))
    for line, start, name in sorted(found, reverse=True):
        place = _PLACE.match(lines[line], start)
        if place is not None and place[1] == name:
            literal = _literal(name, namespace)
            lines[line] = lines[line][:start] + literal + lines[line][place.end() :]
    return "\n".join(lines)


def _name_in_braces(node: ast.AST) -> str | None:
    if isinstance(node, ast.Set) and len(node.elts) == 1:
        inner = node.elts[0]
        if isinstance(inner, ast.Set) and len(inner.elts) == 1:
            name = inner.elts[0]
            return name.id if isinstance(name, ast.Name) else None
    return None


def _literal(name: str, namespace: Mapping[str, Any]) -> str:
    if name not in namespace:
        raise UsageError(f"{{{{{name}}}}}: this notebook has no variable {name}")
    text = repr(namespace[name])
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        kind = type(namespace[name]).__name__
        raise UsageError(
            f"{{{{{name}}}}}: a {kind} cannot be written into a program; use a number, a text, or "
            "a list or dict of them"
        ) from None
    return text
