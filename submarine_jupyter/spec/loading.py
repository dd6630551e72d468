"""A spec from text: YAML, or JSON as in the API's own documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import yaml

from ..errors import Problem, SpecError, UsageError
from .models import ExperimentSpec

_DIVIDER = re.compile(r"^(---.*)$", re.MULTILINE)

Fill = Callable[[str, bool], object]
"""Makes a value of a scalar's text, and of whether it stands there without quotes.

A UsageError says why it cannot.
"""


class Place(NamedTuple):
    """Where something stands in a text, from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True)
class Document:
    """A mapping, and where its parts stand in its text.

    Attributes
    ----------
    value
        The mapping.
    node
        As it was written.
    """

    value: dict[str, object]
    node: yaml.Node

    def place(self, field: str) -> Place | None:
        """Return where a dotted field stands; of a missing one, the nearest around it."""
        return _place(self.node, field)


def load_spec(text: str) -> ExperimentSpec:
    """Read a spec; SpecError names line and column of bad YAML or JSON, or the field that is wrong.

    JSON needs no reader of its own: it is YAML.
    """
    return ExperimentSpec.from_wire(load_mapping(text))


def load_mapping(text: str) -> dict[str, object]:
    """Read a YAML or JSON mapping; lines and columns in errors count from 1."""
    with _readable_errors():
        return _mapping(yaml.safe_load(_as_yaml(text)))


def load_documents(text: str, fill: Fill | None = None) -> list[Document]:
    """Read YAML or JSON mappings, separated by `---`; empty documents are passed over.

    Parameters
    ----------
    fill
        Makes the values of scalars.

    Raises
    ------
    SpecError
        The text cannot be read, something in it is no mapping, a key is given twice, or a scalar
        cannot be filled in; lines and columns count from 1.
    """
    with _readable_errors():
        nodes = list(yaml.compose_all(_as_yaml(text), Loader=yaml.SafeLoader))
        written = [node for node in nodes if not _is_empty(node)] or nodes[:1]
        problems = [problem for node in written for problem in _repeated_keys(node, set())]
        if problems:
            raise SpecError(problems)
        return [_document(node, fill) for node in written]


def line_of(text: str, field: str) -> int | None:
    """Return the line, from 1, of a dotted field in a YAML or JSON text; None if nothing fits.

    For a field that is missing it is the line of the nearest one around it.
    """
    try:
        node = yaml.compose(_as_yaml(text), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    place = _place(node, field)
    return place.line if place else None


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = str(_place_of(mark)) if mark else ""
        raise SpecError([Problem(where, f"not valid YAML or JSON: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SpecError([Problem("", f"not valid YAML or JSON: {error}")]) from None


def _document(node: yaml.Node, fill: Fill | None) -> Document:
    if fill is not None:
        filling = _Filling(fill)
        node = filling.filled(node)
        if filling.problems:
            raise SpecError(filling.problems)
    return Document(_mapping(yaml.SafeLoader("").construct_document(node)), node)


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        kind = "empty" if value is None else f"a {type(value).__name__}"
        raise SpecError([Problem("", f"a spec is a mapping with meta and spec; this is {kind}")])
    return value


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _repeated_keys(node: yaml.Node, visited: set[int]) -> Iterator[Problem]:
    """Yield keys that a mapping has twice, of which YAML would take the last without a word."""
    if id(node) in visited:  # an alias
        return
    visited.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _repeated_keys(entry, visited)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    message = f"{key.value} is given twice; keep one of them"
                    yield Problem(str(_place_of(key.start_mark)), message)
                seen.add(key.value)
            yield from _repeated_keys(value, visited)


class _Filling:
    """Puts values in the place of scalars.

    Attributes
    ----------
    problems
        What could not be filled in.
    """

    def __init__(self, fill: Fill) -> None:
        self._fill = fill
        self._done: dict[int, yaml.Node] = {}
        self.problems: list[Problem] = []

    def filled(self, node: yaml.Node) -> yaml.Node:
        """Return a node whose scalars have their values, each where it stood."""
        if id(node) not in self._done:  # else it is an alias
            self._done[id(node)] = node
            if isinstance(node, yaml.MappingNode):
                node.value = [tuple(map(self.filled, pair)) for pair in node.value]
            elif isinstance(node, yaml.SequenceNode):
                node.value = [self.filled(entry) for entry in node.value]
            elif isinstance(node, yaml.ScalarNode):
                self._done[id(node)] = self._scalar(node)
        return self._done[id(node)]

    def _scalar(self, node: yaml.ScalarNode) -> yaml.Node:
        try:
            value = self._fill(node.value, node.style is None)
        except UsageError as error:
            self.problems.append(Problem(str(_place_of(node.start_mark)), str(error)))
            return node
        return node if value == node.value else _written(value, node)


def _written(value: object, place: yaml.Node) -> yaml.Node:
    node = yaml.representer.SafeRepresenter().represent_data(value)
    node.start_mark, node.end_mark = place.start_mark, place.end_mark
    return node


def _place(node: yaml.Node | None, field: str) -> Place | None:
    place = None
    while field and (found := _child(node, field)) is not None:
        mark, node, field = found
        place = _place_of(mark)
    return place


def _place_of(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _child(node: yaml.Node | None, field: str) -> tuple[yaml.Mark, yaml.Node, str] | None:
    """Return where the first part of a field stands, its value, and the rest of the field."""
    if isinstance(node, yaml.SequenceNode):
        first, _, rest = field.partition(".")
        if first.isdecimal() and int(first) < len(node.value):
            value = node.value[int(first)]
            return value.start_mark, value, rest
    if isinstance(node, yaml.MappingNode):
        # Keys may hold dots: the longest that fits is meant.
        for key, value in sorted(node.value, key=lambda pair: -len(str(pair[0].value))):
            if f"{field}.".startswith(f"{key.value}."):
                return key.start_mark, value, field[len(str(key.value)) + 1 :]
    return None


def _as_yaml(text: str) -> str:
    # Tabs may indent JSON, not YAML; in a JSON document they mean nothing.
    if "\t" not in text:
        return text
    documents = _DIVIDER.split(text)
    return "".join(
        part.replace("\t", " ") if part.lstrip().startswith("{") else part for part in documents
    )
