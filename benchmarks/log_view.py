"""The log of an experiment in a browser, beside JupyterLab's output area with the same lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.experiments import Experiments, Panel, View, open_gate
from tests.browser.lab import Lab, NotebookPage, running_lab

from .measure import Bar, Peer, Row, percentile, temporary_directory

LINES = 1_000_000
PEER_LINES = 300_000
VIEWS = 8
_LINE = (
    "2026-01-01 12:00:00,000 INFO trainer: step {number:07} loss=0.123456 accuracy=0.9876 and more"
)
_NEEDLE = "step 0999990"
_PATIENCE = 60_000
_PROBE = Path(__file__).with_name("page_probe.js")
_LOG = ".submarine-Log"
_LAST_LINE = f"{_LOG} .cm-line"
# Else the peer shows only what comes in a second.
_UNLIMITED = "--ZMQChannelsWebsocketConnection.limit_rate=False"
_OUTPUT = ".jp-OutputArea-output"

_BURST = """
line = {line!r}
blocks = ["".join(line.format(number=n + i) + "\\n" for i in range(1000))
          for n in range(0, {count}, 1000)]
say("ready")
wait_for({gate!r})
for block in blocks:
    sys.stdout.write(block)
say("that was all")
wait_for("never")
"""
_STEADY = """
while True:
    say(f"line {{time.time() * 1000:.0f}}")
    time.sleep({pause})
"""
_CELL = """\
import sys
line = {line!r}
blocks = ["".join(line.format(number=n + i) + "\\n" for i in range(1000))
          for n in range(0, {count}, 1000)]
for block in blocks:
    sys.stdout.write(block)
print("that was all")
"""


def measure() -> Iterator[Row]:
    """Measure in a JupyterLab of its own."""
    with (
        temporary_directory() as directory,
        running_lab(directory, options=[_UNLIMITED]) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.ARGUMENTS
        )
        peer = _peer(browser, lab)
        yield from _burst(browser, lab, directory, peer)
        yield from _painted(browser, lab)
        yield from _typing(browser, lab)
        browser.close()


@dataclass
class Watched:
    """What a page costs while something happens in it.

    Attributes
    ----------
    received
        Bytes that came in, by WebSocket and otherwise.
    """

    page: Page
    session: CDPSession
    received: int = 0
    shown: float = 0.0
    heap: float = 0.0
    stalls: list[float] = field(default_factory=list)

    @property
    def worst_stall(self) -> float:
        """Milliseconds of the longest task; those below 50 ms are not told by the browser."""
        return max(self.stalls, default=0.0)

    def heap_size(self) -> float:
        """Return the bytes that the page's objects take, garbage left out."""
        self.session.send("HeapProfiler.collectGarbage")
        return float(self.session.send("Runtime.getHeapUsage")["usedSize"])


@contextmanager
def _watched(page: Page) -> Iterator[Watched]:
    """Watch a page from now on."""
    session = page.context.new_cdp_session(page)
    watched = Watched(page, session)

    def frame(event: dict[str, Any]) -> None:
        watched.received += len(event["response"]["payloadData"])

    def data(event: dict[str, Any]) -> None:
        watched.received += event["dataLength"]

    session.on("Network.webSocketFrameReceived", frame)
    session.on("Network.dataReceived", data)
    session.send("Network.enable")
    before = watched.heap_size()
    # The browser tells of a task, as of that collection, some time after it.
    page.wait_for_timeout(1_000)
    page.evaluate("probe.stalls.length = 0")
    yield watched
    watched.stalls = page.evaluate("[...probe.stalls]")
    watched.heap = watched.heap_size() - before
    session.detach()


def _new_page(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(path=_PROBE)
    return page


def _peer(browser: Browser, lab: Lab) -> Watched:
    """Print the lines in a cell."""
    _write_notebook(lab.root / "peer.ipynb", [_CELL.format(line=_LINE, count=PEER_LINES)])
    page = _new_page(browser)
    page.goto(lab.address("lab/workspaces/peer/tree/peer.ipynb"))
    NotebookPage(page).wait_ready()
    page.locator(".jp-CodeCell .cm-content").click()
    with _watched(page) as watched:
        begun = time.time()
        page.keyboard.press("Shift+Enter")
        watched.shown = _shown(page, _OUTPUT, "that was all") - begun
    page.close()
    return watched


def _burst(browser: Browser, lab: Lab, directory: Path, peer: Watched) -> Iterator[Row]:
    gate = directory / "burst"
    page, view = _open(
        browser, lab, "burst", _BURST.format(line=_LINE, count=LINES, gate=str(gate))
    )
    expect(view.log("worker-0")).to_contain_text("ready", timeout=_PATIENCE)
    with _watched(page) as watched:
        begun = time.time()
        open_gate(gate)
        watched.shown = _shown(page, _LAST_LINE, "that was all") - begun
        # What is still on its way counts too.
        page.wait_for_timeout(2_000)
    name = f"output area, {PEER_LINES:,}"
    burst = f"{LINES:,} lines in a burst"
    yield Row(f"{burst}: last line shown", watched.shown, "s", Peer(name, peer.shown), Bar(3))
    yield Row(
        f"{burst}: worst main-thread stall (none below 50 is told)",
        watched.worst_stall,
        "ms",
        Peer(name, peer.worst_stall),
        Bar(50),
    )
    yield Row(
        f"{burst}: heap growth", watched.heap / 1e6, "MB", Peer(name, peer.heap / 1e6), Bar(40)
    )
    yield Row(
        f"{burst}: bytes received",
        watched.received / 1e6,
        "MB",
        Peer(name, peer.received / 1e6),
        Bar(20),
    )
    rows = page.locator(f"{_LOG} .cm-line, {_LOG} .cm-gutterElement").count()
    yield Row("rows and cells of a log in the page", rows, "", None, Bar(500))
    frames = page.evaluate(f"probe.scroll('{_LOG} .cm-scroller', 4000)")
    yield Row("scrolling up in them", frames, "fps", None, Bar(30, "at least"))
    yield _search(page, view)
    page.close()


def _search(page: Page, view: View) -> Row:
    """Look from the first line on for one of the last."""
    view.log("worker-0").locator(".cm-content").focus()
    page.keyboard.press("Control+Home")
    expect(view.log("worker-0")).to_contain_text("ready", timeout=_PATIENCE)
    view.button("Find").click()
    page.get_by_role("searchbox", name="Find in log").fill(_NEEDLE)
    begun = time.time()
    page.keyboard.press("Enter")
    found = _shown(page, f"{_LOG} .submarine-Log-target .submarine-Log-found", _NEEDLE) - begun
    return Row("first match of a search in 100 MB", found * 1000, "ms", None, Bar(300))


def _painted(browser: Browser, lab: Lab) -> Iterator[Row]:
    page, view = _open(browser, lab, "steady", _STEADY.format(pause=0.05))
    expect(view.log("worker-0")).to_contain_text("line", timeout=_PATIENCE)
    # What was printed before the view was open is no news.
    page.wait_for_timeout(2_000)
    page.evaluate(f"probe.watchLines('{_LAST_LINE}')")
    page.wait_for_timeout(20_000)
    times = page.evaluate("probe.painted")
    yield Row("line printed to painted, p50", percentile(times, 50), "ms", None, Bar(150))
    yield Row("line printed to painted, p99", percentile(times, 99), "ms", None, Bar(500))
    view.button("Delete").click()
    view.question("").get_by_role("button", name="Delete").click()
    page.close()


def _typing(browser: Browser, lab: Lab) -> Iterator[Row]:
    experiments = Experiments(lab)
    ids = [experiments.submit(f"view-{i}", _STEADY.format(pause=0.005)) for i in range(VIEWS)]
    show = "\n".join(
        [
            "import submarine_jupyter as s",
            "client = s.ExperimentClient()",
            f"for each in {ids!r}: display(client.experiment(each))",
        ]
    )
    _write_notebook(lab.root / "views.ipynb", [show, ""])
    page = _new_page(browser)
    page.goto(lab.address("lab/workspaces/views/tree/views.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    expect(page.locator(".jp-Notebook .submarine-View")).to_have_count(VIEWS, timeout=_PATIENCE)
    expect(page.locator(_LOG).first).to_contain_text("line", timeout=_PATIENCE)
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.evaluate("probe.keys.length = 0")
    for _ in range(200):
        page.keyboard.press("x")
        page.wait_for_timeout(50)
    keys = page.evaluate("probe.keys")
    # The browser tells of no key that is painted within 16 ms.
    keys += [16.0] * (200 - len(keys))
    yield Row(f"{VIEWS} views at 200 lines/s each: a key typed, p50", percentile(keys, 50), "ms")
    yield Row(
        f"{VIEWS} views at 200 lines/s each: a key typed, p95",
        percentile(keys, 95),
        "ms",
        None,
        Bar(50),
    )
    page.close()


def _open(browser: Browser, lab: Lab, name: str, program: str) -> tuple[Page, View]:
    """Submit a program, and open its experiment as a document."""
    Experiments(lab).submit(name, program)
    page = _new_page(browser)
    return page, Panel.show(page, lab, name).open(name)


def _shown(page: Page, selector: str, text: str) -> float:
    """Return the time at which the last element has a text and is painted."""
    wanted = ", ".join(map(json.dumps, (selector, text, _PATIENCE)))
    found: float = page.evaluate(f"probe.shown({wanted})")
    return found / 1000


def _write_notebook(path: Path, cells: list[str]) -> None:
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    document = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{number}",
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(document))
