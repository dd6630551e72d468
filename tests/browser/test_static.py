"""What stands in a notebook for readers without a kernel, opened in a browser, under attack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter
from playwright.sync_api import Dialog, Page, Route, expect

from submarine_jupyter.widgets.html import to_html
from tests.attacks import HTML, LINES, SHORT


def snapshot_of(text: str) -> dict[str, Any]:
    """Return a snapshot that says the same text wherever one can be said."""
    return {
        "experiment": {
            "experimentId": text,
            "status": text,
            "acceptedTime": "2026-01-01T00:00:00.000+00:00",
            "spec": {
                "meta": {"name": text, "framework": text, "tags": [text]},
                "environment": {"name": text, "image": text},
                "spec": {text: {"replicas": 1, "resources": text}},
            },
        },
        "pods": [{"name": text, "state": text, "lines": [text]}],
        "podCount": 2,
        "reason": text,
        "time": "2026-01-01T00:00:00+00:00",
    }


def page_with(outputs: list[str]) -> str:
    """Return a notebook with HTML outputs, exported; it asks nothing of others by itself."""
    v4: Any = nbformat.v4
    cells = [
        v4.new_code_cell(outputs=[v4.new_output("display_data", {"text/html": html})])
        for html in outputs
    ]
    export: Any = HTMLExporter
    exporter = export(mathjax_url="", require_js_url="")
    page, _ = exporter.from_notebook_node(v4.new_notebook(cells=cells))
    return str(page)


def test_no_attack_gets_out_of_the_exported_page(page: Page, tmp_path: Path) -> None:
    series = [{"name": text, "pod": text, "points": [[0, 1, 0], [1, 2, 9]]} for text in HTML]
    outputs = [to_html(snapshot_of(text), series) for text in LINES]
    assert len("".join(outputs)) < 400_000
    file = tmp_path / "attacked.html"
    file.write_text(page_with(outputs), encoding="utf-8")
    asked: list[str] = []
    opened: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    def dismiss(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page.route(lambda url: not url.startswith("file:"), refuse)
    page.on("dialog", dismiss)
    page.goto(file.as_uri())
    expect(page.locator(".jp-OutputArea-output")).to_have_count(len(LINES))
    for place in page.locator(".jp-OutputArea-output").all():
        place.hover()
    assert page.evaluate("window.intruded") is None
    assert (asked, opened) == ([], [])
    assert page.url == file.as_uri()
    inside = page.locator(".jp-OutputArea-output")
    for tag in ("script", "img", "iframe", "a", "form", "button", "style", "link", "meta"):
        expect(inside.locator(tag)).to_have_count(0)
    assert inside.locator("[onload], [onerror], [id], [name]").count() == 0
    # It can all be read.
    for text in SHORT[:3]:
        expect(inside.get_by_text(text, exact=True).first).to_be_visible()
