"""`--grid lr=0.1,0.01 batch=32,64`: every combination of some values, one experiment each."""

from __future__ import annotations

import copy
import csv
import itertools
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import UsageError
from ..spec.submission import put_variable

MAX_POINTS = 100
"""Experiments that one grid may submit."""

_NAME_LENGTH = 63


@dataclass(frozen=True)
class Grid:
    """Names, and the values that each takes.

    Attributes
    ----------
    axes
        Values by name, typed as YAML reads them.
    tag
        What finds all its experiments again.
    """

    axes: Mapping[str, Sequence[object]]
    tag: str

    @classmethod
    def read(cls, items: Sequence[str] | None) -> Grid:
        """Read `lr=0.1,0.01`; UsageError names what is wrong."""
        axes: dict[str, list[object]] = {}
        for item in items or ():
            name, equals, text = item.partition("=")
            if not equals or not name.isidentifier() or not text.strip():
                raise UsageError(f"--grid: {item!r} is not of the form lr=0.1,0.01")
            if name in axes:
                raise UsageError(f"--grid: {name} is given twice; write all its values after one =")
            axes[name] = [_value(part) for part in next(csv.reader([text]))]
        count = math.prod(map(len, axes.values()))
        if count > MAX_POINTS:
            raise UsageError(f"--grid: makes {count:,} experiments; {MAX_POINTS} are the most")
        return cls(axes, f"grid-{secrets.token_hex(4)}")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is varied."""
        return not self.axes

    @property
    def points(self) -> list[dict[str, object]]:
        """Every combination; one without values if nothing is varied."""
        rows = itertools.product(*self.axes.values())
        return [dict(zip(self.axes, row, strict=True)) for row in rows]

    def label(
        self, spec: Mapping[str, Any], number: int, point: Mapping[str, object]
    ) -> dict[str, Any]:
        """Return a spec with its own name, the grid's tags, and the values as variables."""
        labelled = copy.deepcopy(dict(spec))
        meta = labelled["meta"]
        suffix = f"-{number}"
        meta["name"] = f"{meta['name'][: _NAME_LENGTH - len(suffix)]}{suffix}"
        values = [f"{name}={_text(value)}" for name, value in point.items()]
        meta["tags"] = [*(meta.get("tags") or []), *values, self.tag]
        for name, value in point.items():
            put_variable(labelled, name, _text(value))
        return labelled


def _value(text: str) -> object:
    """Return a value as YAML reads it: a number, true or false, or a text."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text.strip()
    if isinstance(value, (bool, int, float)):
        return value
    try:
        return float(text)  # such as 1e-3, which YAML takes for a text
    except ValueError:
        return text.strip()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
