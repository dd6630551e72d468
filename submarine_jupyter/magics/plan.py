"""What submitting would do, to be read."""

from __future__ import annotations

import shlex
from html import escape
from typing import Any

from ..client.table import Table
from ..spec.program import decode_cell


class ShownPlan:
    """A plan of the server: which pods would run what and where, and what would have no effect."""

    def __init__(self, plan: dict[str, Any]) -> None:
        name = plan["spec"]["meta"]["name"]
        rows = [
            (f"{pod['role'].lower()}-{pod['index']}", pod["cwd"], _command(pod["argv"]))
            for pod in plan["pods"]
        ]
        self._table = Table(("Pod", "Directory", "Command"), rows, empty="No pods.")
        self._head = f"Nothing was submitted; this is what {plan['submitter']} would run as {name}."
        self._ignored = [f"Ignored: {sentence}" for sentence in plan.get("ignored", ())]

    def __repr__(self) -> str:
        return "\n".join([self._head, "", repr(self._table), *self._ignored])

    def _repr_html_(self) -> str:
        table = self._table._repr_html_()
        ignored = "".join(f"<div>{escape(sentence)}</div>" for sentence in self._ignored)
        return f"<div>{escape(self._head)}</div>{table}{ignored}"


def _command(argv: list[str]) -> str:
    if decode_cell(" ".join(argv)) is not None:
        return f"{argv[0]} -c (the cell)"
    return shlex.join(argv)
