"""JSON as a browser reads it."""

from __future__ import annotations

import json
from typing import Any


def read_json(data: bytes) -> Any:
    """Read JSON; ValueError or RecursionError if no browser would, as with `NaN`."""
    return json.loads(data, parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
