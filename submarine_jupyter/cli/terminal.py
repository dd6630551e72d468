"""What commands print: tables and facts for people, JSON and YAML for programs.

Names, tags and messages come from servers and programs: nothing in them is taken for markup, and
nothing that a terminal would obey is let through.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ..logs.clean import one_line, visible
from ..spec.status import COLOURS

_PIPE_WIDTH = 10_000
"""Columns of what is no terminal: programs read whole lines."""

_GAP = 2


def console(*, stderr: bool = False) -> Console:
    """Return a console for text without markup: plain where colours are not wanted."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=stream,
        width=None if stream.isatty() else _PIPE_WIDTH,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        markup=False,
        emoji=False,
        highlight=False,
        force_jupyter=False,
    )


def say(sentence: str) -> None:
    """Print a line of the output."""
    print(visible(sentence), flush=True)


def remark(sentence: str) -> None:
    """Say something that is no part of the output."""
    sys.stderr.write(f"{visible(sentence)}\n")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    heading
        What stands above it.
    whole
        Its texts are not folded.
    least
        Characters that it keeps otherwise.
    spare
        It is left out where there is no room for all, the first such column first.
    """

    heading: str
    whole: bool = False
    least: int = 1
    spare: bool = False


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print rows under headings, as wide as the terminal if that can be."""
    screen = console()
    cells = [list(map(_cell, row)) for row in rows]
    needs = [_need(column, [row[number] for row in cells]) for number, column in enumerate(columns)]
    shown = list(range(len(columns)))
    for number in [number for number in shown if columns[number].spare]:
        if _width(needs[kept] for kept in shown) > screen.width:
            shown.remove(number)
    # Rather lines that the terminal breaks than ids that are cut.
    screen.width = max(screen.width, _width(needs[number] for number in shown))
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for number in shown:
        column = columns[number]
        table.add_column(
            column.heading, no_wrap=column.whole, overflow="fold", min_width=needs[number]
        )
    for row in cells:
        table.add_row(*(row[number] for number in shown))
    _show(table, screen)


def _need(column: Column, cells: Iterable[Text]) -> int:
    """Return how many characters a column needs at least."""
    texts = [cell.cell_len for cell in cells] if column.whole else [column.least]
    return max(len(column.heading), *texts, 0)


def _width(needs: Iterable[int]) -> int:
    return sum(need + _GAP for need in needs) - _GAP


def show_facts(facts: Mapping[str, str | Text]) -> None:
    """Print names and what is known under each, but for empty ones; the first is not folded."""
    screen = console()
    cells = {name: _cell(value) for name, value in facts.items() if value}
    widths = [max(map(len, cells)), next(iter(cells.values())).cell_len]
    screen.width = max(screen.width, _width(widths))
    table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=widths[1])
    for name, value in cells.items():
        table.add_row(Text(name, "dim"), value)
    _show(table, screen)


def show_heading(text: str) -> None:
    """Print a heading above what follows, with room before it."""
    _show(Text(f"\n{one_line(text)}", "bold"), console())


def show_text(text: str) -> None:
    """Print lines as they are, but for what a terminal would obey."""
    for line in text.splitlines():
        print(visible(line))


def show_json(value: object) -> None:
    """Print a JSON document."""
    print(json.dumps(value, indent=2))


def json_line(value: Mapping[str, Any]) -> str:
    """Return an object as one line of JSON."""
    return json.dumps(value)


def show_yaml(value: object) -> None:
    """Print a YAML document."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=sys.maxsize)
    show_text(text)


def status(text: str) -> Text:
    """Return a status in its colour."""
    return Text(one_line(text), COLOURS.get(text, ""))


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Return a text's node."""
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _show(shown: RenderableType, screen: Console) -> None:
    with screen.capture() as captured:
        screen.print(shown)
    # Columns of tables are padded, the last one too.
    for line in captured.get().splitlines():
        print(line.rstrip())


def _cell(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(one_line(value))
