"""The list of experiments at the side: what is in it, and what one can do from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .experiments import Experiments, Panel, View, open_gate
from .lab import Lab


@pytest.fixture
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


def expect_row_status(panel: Panel, name: str, status: str) -> None:
    badge = panel.row(name).locator("[data-submarine-status]")
    expect(badge).to_have_attribute("data-submarine-status", status, timeout=20_000)


def test_the_first_experiment_appears_live_in_the_empty_list(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    panel = Panel.show(page, lab, "first")
    expect(panel.region).to_contain_text("No experiments yet.")
    expect(panel.region).to_contain_text("%%submarine experiment")
    expect(panel.rows).to_have_count(0)

    gate = tmp_path / "gate"
    experiments.submit("first", f"wait_for({str(gate)!r})")
    expect_row_status(panel, "first", "Running")
    expect(panel.region).not_to_contain_text("No experiments yet.")
    open_gate(gate)
    expect_row_status(panel, "first", "Succeeded")


def test_the_filter_finds_names_and_statuses(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    experiments.submit("needle", "pass")
    experiments.submit("haystack", "raise SystemExit(1)")
    panel = Panel.show(page, lab, "filter")
    expect_row_status(panel, "needle", "Succeeded")
    expect_row_status(panel, "haystack", "Failed")

    panel.filter.fill("NEED")
    expect(panel.rows).to_have_count(1)
    expect(panel.row("needle")).to_be_visible()
    panel.filter.fill("hay failed")
    expect(panel.rows).to_have_count(1)
    expect(panel.row("haystack")).to_be_visible()
    panel.filter.fill("hay succeeded")
    expect(panel.rows).to_have_count(0)
    expect(panel.region).to_contain_text("No experiment matches.")


def test_rows_open_by_keyboard_and_by_double_click(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    experiments.submit("older", "say('I am the older one')")
    experiments.submit("newer", "say('I am the newer one')")
    panel = Panel.show(page, lab, "opening")
    # Newest first, and the first row takes part in tabbing.
    expect(panel.rows.nth(1)).to_contain_text("older")
    panel.filter.press("Tab")
    expect(panel.row("newer")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(panel.row("older")).to_be_focused()
    page.keyboard.press("Enter")
    older = View(page.get_by_role("region", name="Experiment older"))
    expect(older.log("worker-0")).to_contain_text("I am the older one")

    newer = panel.open("newer")
    expect(newer.log("worker-0")).to_contain_text("I am the newer one")


def test_an_open_experiment_is_there_again_after_a_reload(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    experiment_id = experiments.submit(
        "kept", f"say('before'); wait_for({str(gate)!r}); say('after')"
    )
    panel = Panel.show(page, lab, "restored")
    with page.expect_response(
        lambda answer: (
            answer.request.method == "PUT"
            and "/api/workspaces/" in answer.url
            and experiment_id in (answer.request.post_data or "")
        )
    ):
        panel.open("kept")
    page.reload()
    view = View(page.get_by_role("region", name="Experiment kept"))
    expect(view.log("worker-0")).to_contain_text("before", timeout=30_000)
    expect(page.get_by_role("tab", name="kept", exact=True)).to_be_visible()
    open_gate(gate)
    expect(view.log("worker-0")).to_contain_text("after")
    view.expect_status("Succeeded")


def test_deleting_asks_and_takes_the_row_away(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    experiments.submit("unwanted", f"say('here'); wait_for({str(tmp_path / 'never')!r})")
    panel = Panel.show(page, lab, "deleting")
    view = panel.open("unwanted")
    expect(view.log("worker-0")).to_contain_text("here")

    view.button("Delete").click()
    question = view.question("Delete this experiment with its logs?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    expect(panel.row("unwanted")).to_be_visible()

    view.button("Delete").click()
    question.get_by_role("button", name="Delete").click()
    view.expect_status("Deleted")
    expect(panel.row("unwanted")).to_have_count(0)
    expect(view.region).to_contain_text("This experiment was deleted.")
    expect(view.region.get_by_role("tab", name="Worker 0 Stopped")).to_be_visible()
    expect(view.button("Delete")).to_have_count(0)
