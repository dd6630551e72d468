"""The list of 10,000 experiments in a browser: its first rows, scrolling, news, and idleness."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, Request, WebSocket, expect, sync_playwright

from submarine_jupyter import launch
from tests.browser import chromium
from tests.browser.experiments import Experiments, Panel, open_gate
from tests.browser.lab import Lab, running_lab

from .many_experiments import COUNT, fill
from .measure import Bar, Row, percentile, temporary_directory

IDLE_MINUTES = 10
_RUNS = 20
_ROW = ".jp-SubmarinePanel-row"

_FIRST_ROW = """async () => {
  while (!document.querySelector(ROW)) { await new Promise(requestAnimationFrame); }
  await new Promise(requestAnimationFrame);
  return Date.now();
}""".replace("ROW", repr(_ROW))

_SCROLL = """async () => {
  const scroller = document.querySelector('.jp-SubmarinePanel-scroller');
  const frames = [];
  let last = performance.now();
  for (let i = 0; i < 200; i++) {
    scroller.scrollTop += 700;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""

_SEEN = """([name, status]) => new Promise(resolve => {
  const look = () => {
    const row = [...document.querySelectorAll(ROW)].find(row => row.textContent.includes(name));
    if (row?.querySelector(`[data-submarine-status="${status}"]`)) { resolve(Date.now()); }
    else { requestAnimationFrame(look); }
  };
  look();
})""".replace("ROW", repr(_ROW))


def measure() -> Iterator[Row]:
    """Measure in a JupyterLab whose embedded server has 10,000 experiments."""
    with temporary_directory() as directory:
        fill(directory / "data", long_cells=False)
        with running_lab(directory) as lab, sync_playwright() as playwright:
            launch.ensure(lab.data_dir)
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=chromium.ARGUMENTS
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(lab.address())
            expect(page.locator(".jp-Launcher")).to_be_visible(timeout=60_000)
            panel = Panel(page)
            begun = time.time()
            page.get_by_role("tab", name="Experiments", exact=True).click()
            seconds = page.evaluate(_FIRST_ROW) / 1000 - begun
            yield Row("panel opened to first rows", seconds, "s", None, Bar(1))
            expect(panel.rows.first).to_have_attribute("aria-setsize", str(COUNT), timeout=30_000)
            frames = sorted(page.evaluate(_SCROLL))
            slow = percentile(frames, 95)
            yield Row("scrolling, frame p95", slow, "ms", None, Bar(1000 / 30))
            yield _news(lab, page, directory)
            yield from _idleness(page)
            browser.close()


def _news(lab: Lab, page: Page, directory: Path) -> Row:
    page.locator(".jp-SubmarinePanel-scroller").evaluate("scroller => scroller.scrollTop = 0")
    experiments = Experiments(lab)
    delays = []
    for number in range(_RUNS):
        name, gate = f"news-{number}", directory / f"gate-{number}"
        identity = experiments.submit(name, f"wait_for({str(gate)!r})")
        page.evaluate(_SEEN, [name, "Running"])
        open_gate(gate)
        seen = page.evaluate(_SEEN, [name, "Succeeded"])
        # The supervisor's time: what passes until the server knows of it counts too.
        delays.append(seen - experiments.finished(identity) * 1000)
    median = percentile(delays, 50)
    return Row("status change to the panel, p50", median, "ms", None, Bar(300))


def _idleness(page: Page) -> Iterator[Row]:
    session = page.context.new_cdp_session(page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"])

    requests: list[str] = []

    def asked(request: Request) -> None:
        if "/submarine/" in request.url:
            requests.append(request.url)

    def connected(socket: WebSocket) -> None:
        if "/submarine/" in socket.url:
            requests.append(socket.url)

    page.on("request", asked)
    page.on("websocket", connected)
    before = heap()
    # A sleep of this process would keep what is asked meanwhile from being told.
    page.wait_for_timeout(IDLE_MINUTES * 60_000)
    grown = (heap() - before) / 1e6
    idle = f"idle for {IDLE_MINUTES} min"
    yield Row(f"{idle}: requests a minute", len(requests) / IDLE_MINUTES, "", None, Bar(1))
    yield Row(f"{idle}: heap grown by", grown, "MB", None, Bar(2))
