"""The table of the client, which shows comparisons with it."""

from __future__ import annotations

from ..client.table import Table

__all__ = ["Table"]
