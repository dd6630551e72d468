"""Texts of programs, made fit to stand in a notebook's output."""

from __future__ import annotations

import re

MAX_LINE = 300
MAX_TEXT = 200

# Sequences that terminals obey, and characters that no page shows.
_UNSEEN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Return a log line as a terminal would leave it: the last of what was overwritten."""
    shown = text.rstrip("\r").rpartition("\r")[2]
    return cut(_UNSEEN.sub("", shown), MAX_LINE)


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """Return a text of at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
