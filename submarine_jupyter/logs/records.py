"""What a stream says, as everybody on its way holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """One record of a stream.

    Attributes
    ----------
    event
        `status`, `event`, `log`, `metric` or `end`.
    cursor
        Where to go on after it; opaque.
    data
        Its JSON object.
    """

    event: str
    cursor: str
    data: dict[str, Any]
