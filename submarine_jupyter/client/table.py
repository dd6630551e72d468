"""A small table that reads well as text and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import zip_longest

_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"
# A browser would break an id at its hyphens.
_WHOLE = f"{_CELL};white-space:nowrap"
_SEVERAL_LINES = f"{_CELL};white-space:pre-wrap"


class Table:
    """Rows of texts under headings; the first of a row, such as an id, is never broken.

    Parameters
    ----------
    headings, rows
        The texts.
    empty
        What to say when there are no rows.
    markup
        Column number → what makes HTML of a text there; it must escape.
    """

    def __init__(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        empty: str,
        markup: Mapping[int, Callable[[str], str]] | None = None,
    ) -> None:
        self.headings = headings
        self.rows = rows
        self._empty = empty
        self._markup = markup or {}

    def __repr__(self) -> str:
        if not self.rows:
            return self._empty
        lines = [line for row in (self.headings, *self.rows) for line in _lines_of(row)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.headings))]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def to_html(self) -> str:
        """Return the table as inert HTML."""
        if not self.rows:
            return f"<div>{escape(self._empty)}</div>"
        head = "".join(f'<th style="{_WHOLE}">{escape(text)}</th>' for text in self.headings)
        body = "".join(f"<tr>{self._cells(row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    _repr_html_ = to_html

    def _cells(self, row: Sequence[str]) -> str:
        return "".join(
            f'<td style="{_style(column, text)}">{self._markup.get(column, escape)(text)}</td>'
            for column, text in enumerate(row)
        )


def _lines_of(row: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the lines that a row takes: as many as its longest text has."""
    return zip_longest(*(text.splitlines() or [""] for text in row), fillvalue="")


def _style(column: int, text: str) -> str:
    if column == 0:
        return _WHOLE
    return _SEVERAL_LINES if "\n" in text else _CELL
