"""The loader of the widget's view: what a page runs before the kernel has sent the view itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from submarine_jupyter.widgets import ExperimentView

HOST = """async source => {
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const { default: widget } = await import(url);
    const state = { bundle: '1', text: '<Experiment of mine>' };
    const handlers = new Set();
    window.asked = [];
    window.answer = message => [...handlers].forEach(handler => handler(message));
    window.show = () => {
        const el = document.body.appendChild(document.createElement('section'));
        const dispose = widget.render({
            el,
            model: {
                get: name => state[name],
                on: (_, handler) => handlers.add(handler),
                off: (_, handler) => handlers.delete(handler),
                send: content => asked.push(content.type),
            },
        });
        window.takeAway = () => { dispose(); el.remove(); };
    };
}"""
"""A front end's side of a widget: a model, and a kernel that answers when the test says so."""

BUNDLE = "export default { render({ el }) { el.append('live'); window.live = true; } }"


@pytest.fixture
def host(page: Page) -> Page:
    page.clock.install()
    page.route("**/*", lambda route: route.fulfill(body="<body>", content_type="text/html"))
    page.goto("http://localhost/")
    page.evaluate(HOST, ExperimentView._esm)
    return page


def answer(page: Page, **content: str) -> None:
    page.evaluate("message => window.answer(message)", {"type": "bundle", **content})


def test_a_busy_kernel_is_waited_for(host: Page) -> None:
    host.evaluate("show()")
    note = host.locator("pre")
    waiting = "<Experiment of mine>\nWaiting for the kernel; the live view comes when it is free."
    expect(note).to_have_text(waiting)
    host.clock.run_for(600_000)
    expect(note).to_have_text(waiting)
    answer(host, source=BUNDLE)
    expect(host.get_by_text("live", exact=True)).to_be_visible()
    expect(note).to_have_count(0)
    # The next one has no need of the kernel.
    host.evaluate("show()")
    expect(host.get_by_text("live", exact=True)).to_have_count(2)
    assert host.evaluate("asked") == ["load"]


def test_a_view_that_was_taken_away_meanwhile_stays_away(host: Page) -> None:
    host.evaluate("show()")
    host.evaluate("takeAway()")
    answer(host, source=BUNDLE)
    host.evaluate("show()")
    assert host.evaluate("asked") == ["load", "load"]  # nobody took the first answer
    assert host.evaluate("window.live") is None


def test_what_the_kernel_lacks_is_said(host: Page) -> None:
    host.evaluate("show()")
    answer(host, error="The front end is not built.")
    expect(host.locator("pre")).to_have_text("<Experiment of mine>\nThe front end is not built.")
