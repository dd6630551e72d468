"""What changed between two runs."""

from __future__ import annotations

import difflib
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from .fields import differing, program_in, shown
from .table import Table

if TYPE_CHECKING:
    from .experiment import Experiment

_PRE = "white-space:pre-wrap;font-family:monospace;margin-top:6px"


class Difference:
    """What changed from one experiment's spec to another's; false if nothing did.

    Made by `Experiment.diff`.

    Attributes
    ----------
    fields
        Field → its value before and after; None where it is not set. They include the notebook,
        the git commit and the versions of packages, as far as the experiments know them.
    """

    def __init__(self, before: Experiment, after: Experiment) -> None:
        self._before = before
        self._after = after
        self.fields = {
            name: (values[0], values[1])
            for name, values in differing([before.spec, after.spec]).items()
        }

    def __bool__(self) -> bool:
        return bool(self.fields)

    @property
    def program(self) -> str:
        """The change of the programs, as `diff -u` writes it; empty if there is none."""
        lines: list[str] = []
        for name, pair in self.fields.items():
            before, after = (program_in(name, value) for value in pair)
            if before is not None and after is not None:
                lines += difflib.unified_diff(
                    before.splitlines(),
                    after.splitlines(),
                    f"{self._before.id} {name}",
                    f"{self._after.id} {name}",
                    lineterm="",
                )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return "\n\n".join(filter(None, [repr(self._table), self.program]))

    def _repr_html_(self) -> str:
        program = f'<div style="{_PRE}">{escape(self.program)}</div>' if self.program else ""
        return self._table.to_html() + program

    @cached_property
    def _table(self) -> Table:
        rows = [
            [name, *(shown(name, value) for value in values)]
            for name, values in self.fields.items()
        ]
        nothing = f"{self._before.id} and {self._after.id} have the same spec."
        return Table(["Field", self._before.id, self._after.id], rows, nothing)
