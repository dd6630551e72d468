"""How large a spec may be on a server that does not say so itself."""

from __future__ import annotations

import json
from typing import Any

from ..errors import Problem, SpecError
from .provenance import PACKAGES

MAX_STORED = 60_000
"""Bytes; Apache Submarine keeps a spec in 65,535, with some fields that it adds."""

# Its JSON library writes each of these as six bytes.
_ESCAPED = "=<>&'"


def fit(wire: dict[str, Any]) -> None:
    """Make a spec fit into Apache Submarine's store; the list of packages is given up for it.

    Raises
    ------
    SpecError
        It does not fit.
    """
    variables = wire["meta"].get("envVars") or {}
    if stored_size(wire) > MAX_STORED and PACKAGES in variables:
        del variables[PACKAGES]
    size = stored_size(wire)
    if size > MAX_STORED:
        message = (
            f"the spec takes {size:,} bytes, and this server keeps {MAX_STORED:,} at most; put the "
            "program into a git repository and name that as `code`, such as "
            '{"syncMode": "git", "url": "https://…"}'
        )
        raise SpecError([Problem("", message)])


def stored_size(wire: dict[str, Any]) -> int:
    """Return the bytes that a spec takes in Apache Submarine's store."""
    text = json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + 5 * sum(map(text.count, _ESCAPED))
