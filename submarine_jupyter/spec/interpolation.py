r"""`{{name}}`, `{{name.attr}}`, `{{name[0]}}`: the notebook's values in specs, flags and programs.

Nothing else between braces is touched, and nothing is evaluated. `\{{name}}` stays, without its
backslash.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, NoReturn

from ..errors import UsageError
from .grammar import nearest, split
from .places import PLACE, STEP

# While a text is parsed, characters for private use stand for its places, as long as they are, so
# that lines and columns stay.
_FIRST = 0x100000
_FILLER = chr(0x10FFFD)
_STANDING_IN = re.compile(f"([\U00100000-\U0010fff0]){_FILLER}*")

_SCALARS = (str, int, float, PurePath)


class Values:
    """The values of the notebook's variables.

    Parameters
    ----------
    namespace
        The variables by their names.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def get(self, expression: str) -> Any:
        """Return the value of `name`, `name.attr` or `name[0]`; UsageError says what is missing."""
        name, *steps = re.findall(rf"^[^\W\d]\w*|{STEP}", expression)
        if name not in self._namespace:
            known = [known for known in self._namespace if not known.startswith("_")]
            hint = nearest(name, known) if known else ""
            hint = f"; {hint}" if hint.startswith("did") else "; define it in a cell above"
            raise UsageError(f"{{{{{expression}}}}}: this notebook has no variable {name}{hint}")
        value, path = self._namespace[name], name
        for step in steps:
            try:
                value = _take(value, step)
            except (AttributeError, LookupError, TypeError):
                kind = type(value).__name__
                raise UsageError(
                    f"{{{{{expression}}}}}: {path}, a {kind}, has no {step.lstrip('.')}"
                ) from None
            path += step
        return value


class NoValues(Values):
    """Of a text that is read without its notebook's kernel: nothing can be filled in."""

    def __init__(self) -> None:
        super().__init__({})

    def get(self, expression: str) -> NoReturn:
        """Refuse; UsageError says what to do."""
        raise UsageError(
            f"{{{{{expression}}}}}: only the notebook's kernel knows its value; run the cell, or "
            "write the value in its place"
        )


def into_words(line: str, values: Values) -> list[str]:
    """Return the words of a command line, filled in; a value never becomes two words."""
    marked = Marked(line)
    return [marked.fill(word, values) for word in split(marked.text)]


def into_program(source: str, program: ast.Module, first_line: int, values: Values) -> str:
    """Return Python source with the values as literals; its lines stay where they are.

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
    lines = source.split("\n")
    found = [
        (node.lineno - first_line, node.col_offset)
        for node in ast.walk(program)
        if isinstance(node, ast.Set) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Set)
    ]
    for number, offset in sorted(found, reverse=True):
        line = lines[number]
        start = len(line.encode()[:offset].decode(errors="replace"))
        place = PLACE.match(line, start)
        if place is not None:
            literal = _literal(place["expression"], values)
            lines[number] = line[:start] + literal + line[place.end() :]
    return "\n".join(lines)


class Marked:
    """A text in which every `{{name}}` is held by a stand-in of the same length.

    Attributes
    ----------
    text
        With the stand-ins, which no syntax minds.
    """

    def __init__(self, text: str) -> None:
        if _STANDING_IN.search(text):
            raise UsageError("The cell holds a character for private use (plane 16); remove it")
        self._places: list[re.Match[str]] = []
        self.text = PLACE.sub(self._hold, text)

    def _hold(self, place: re.Match[str]) -> str:
        self._places.append(place)
        return chr(_FIRST + len(self._places) - 1).ljust(len(place[0]), _FILLER)

    def fill(self, text: str, values: Values) -> str:
        """Return a text with values in the stand-ins' places."""
        return _STANDING_IN.sub(lambda found: self._text(found, values), text)

    def filler(self, values: Values) -> Callable[[str, bool], object]:
        """Return what fills in the scalars of a spec, for `loading.load_documents`.

        A `{{name}}` that is a whole value, without quotes, keeps its type; any other becomes text.
        """

        def fill(text: str, is_plain: bool) -> object:
            whole = _STANDING_IN.fullmatch(text) if is_plain else None
            if whole is not None and not (place := self._place(whole))["kept"]:
                return _plain_data(place["expression"], values.get(place["expression"]))
            return self.fill(text, values)

        return fill

    def _place(self, found: re.Match[str]) -> re.Match[str]:
        return self._places[ord(found[1]) - _FIRST]

    def _text(self, found: re.Match[str], values: Values) -> str:
        place = self._place(found)
        if place["kept"]:
            return place[0][1:]
        value = values.get(place["expression"])
        if value is not None and not isinstance(value, _SCALARS) and not hasattr(value, "item"):
            raise UsageError(
                f"{{{{{place['expression']}}}}}: a {type(value).__name__} cannot stand inside a "
                "text; use a number or a text"
            )
        return str(value)


def _take(value: Any, step: str) -> Any:
    if step.startswith("."):
        return getattr(value, step[1:])
    return value[ast.literal_eval(step[1:-1].strip())]


def _literal(expression: str, values: Values) -> str:
    value = _without_numpy(values.get(expression))
    text = repr(str(value) if isinstance(value, PurePath) else value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        kind = type(value).__name__
        raise UsageError(
            f"{{{{{expression}}}}}: a {kind} cannot be written into a program; use a number, a "
            "text, or a list or dict of them"
        ) from None
    return text


def _plain_data(expression: str, value: Any) -> object:
    """Return a value as YAML has it."""
    value = _without_numpy(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain_data(expression, entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): _plain_data(expression, entry) for key, entry in value.items()}
    kind = type(value).__name__
    raise UsageError(
        f"{{{{{expression}}}}}: a {kind} cannot be written into a spec; use a number, a text, or a "
        "list or dict of them"
    )


def _without_numpy(value: Any) -> Any:
    """Return the plain number that a number of numpy is."""
    is_number = hasattr(value, "item") and getattr(value, "ndim", None) == 0
    return value.item() if is_number else value
