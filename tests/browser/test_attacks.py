"""Texts that try to break out, in everything that a live view shows: they stay text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from tests.attacks import HOST, HTML, LINES, SHORT

from .experiments import Experiments, Panel
from .lab import Lab


@pytest.fixture
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


def test_no_attack_gets_out_of_the_live_view(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    asked: list[str] = []
    opened: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname == HOST:
            asked.append(request.url)

    def dismiss(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page.on("request", note)
    page.on("dialog", dismiss)
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps({"lines": LINES, "names": HTML}))
    program = f"""
        import json
        texts = json.load(open({str(texts)!r}))
        for number, name in enumerate(texts["names"]):
            file = name.replace("/", "|")[:100]
            open(os.path.join(os.environ["SUBMARINE_OUTPUT_DIR"], file), "w").close()
            for step in range(3): say(json.dumps({{"step": step, name: step / 7}}))
        for line in texts["lines"]: say(line)
        raise ValueError(texts["names"][0])
    """
    experiment_id = experiments.submit("attacked", program, tags=SHORT)
    panel = Panel.show(page, lab, "attacked")
    expect(panel.rows).to_contain_text("<script>")
    view = panel.open("attacked")
    view.expect_status("Failed")
    expect(view.region.get_by_role("status").filter(has_text=HTML[0])).to_be_visible()
    log = view.log("worker-0")
    expect(log.locator(".cm-line").first).to_be_visible()
    view.button("Find").click()
    search = page.get_by_role("searchbox", name="Find in log")
    for text in HTML:
        # What is above has been loaded, shown and marked.
        search.fill(text)
        search.press("Enter")
        expect(log.locator(".submarine-Log-target")).to_contain_text(text)
    page.keyboard.press("Escape")
    for part in ("Metrics", "Files", "Spec", "Events"):
        view.tab(re.compile(f"^{part}")).click()
        expect(view.region).to_contain_text("<script>")
        page.mouse.move(600, 400)
    view.tab(re.compile("^Logs")).click()

    assert page.evaluate("window.intruded") is None
    assert (asked, opened) == ([], [])
    for tag in ("script", "iframe", "form", "link", "meta", "img[onerror]", "[onload]"):
        expect(view.region.locator(tag)).to_have_count(0)
    assert page.title() != "title"
    experiments.delete(experiment_id)
