"""Pure logic of log text: cursors, line splitting, server-sent events. No I/O."""

from __future__ import annotations

from .cursor import Cursor, Position
from .lines import LineSplitter

__all__ = ["Cursor", "LineSplitter", "Position"]
