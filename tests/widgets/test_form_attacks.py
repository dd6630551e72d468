"""Whatever stands in a spec or comes from a server is text in the form."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from submarine_jupyter import ExperimentForm
from submarine_jupyter.widgets.form.submission import plan_html
from tests.attacks import HUGE, SHORT

INERT = {"div", "span", "pre", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def inside(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def expect_inert(html: str) -> None:
    tags = Tags(html)
    assert tags.seen <= INERT
    assert tags.attributes <= {"style", "role"}


@pytest.mark.parametrize("text", [*SHORT, HUGE[1][:100_000]])
def test_a_spec_full_of_it(data_dir: Path, text: str) -> None:
    form = ExperimentForm()
    model = form._model
    model.edit(name=text, framework=text, tags=text, cmd=text, image=text, environment=text)
    model.edit_role("Worker", replicas=text, amounts={"cpu": text, "memory": text})
    model.add_variable()
    model.edit_variable(0, name=text, value=text)
    model.choose_program("cell")
    model.choose_cell(text)
    model.take_yaml(text)
    assert form.errors
    shown = [each.value for each in inside(form) if isinstance(each, ipywidgets.HTML)]
    assert any(shown)
    for html in shown:
        expect_inert(html)


@pytest.mark.parametrize("text", SHORT)
def test_a_plan_full_of_it(text: str) -> None:
    pods = [{"name": text, "cwd": text, "argv": [text, text]}]
    expect_inert(plan_html({"pods": pods, "ignored": [text]}))
