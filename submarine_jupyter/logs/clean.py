"""Texts of programs and servers, made fit to stand in a notebook or a terminal."""

from __future__ import annotations

import re

MAX_LINE = 300
MAX_TEXT = 200

_COLOUR = r"\x1b\[[0-9;:]*m"

# Sequences that terminals obey, and characters that no page shows or that turn the order around.
_UNSEEN = (
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ALL_UNSEEN = re.compile(_UNSEEN)
_ALL_BUT_COLOURS = re.compile(f"(?!{_COLOUR})(?:{_UNSEEN})")


def visible(text: str, *, colours: bool = False) -> str:
    """Return a line as a terminal would leave it: the last of what was overwritten.

    Parameters
    ----------
    colours
        Keep the sequences that colour it; the rest of what terminals obey goes in any case.
    """
    shown = text.rstrip("\r").rpartition("\r")[2]
    return (_ALL_BUT_COLOURS if colours else _ALL_UNSEEN).sub("", shown)


def clean(text: str) -> str:
    """Return a visible log line of bounded length."""
    return cut(visible(text), MAX_LINE)


def one_line(text: str) -> str:
    """Return a text on one line, without what cannot be seen."""
    return _ALL_UNSEEN.sub("", " ".join(text.split())).strip()


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """Return a text of at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
