"""The list of experiments at the side: what is in it, and what one can do from there."""

from __future__ import annotations

import re
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


def test_a_running_row_tells_how_long_and_asks_nobody(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    experiments.submit("ticking", f"wait_for({str(tmp_path / 'never')!r})")
    panel = Panel.show(page, lab, "ticking")
    duration = panel.row("ticking").get_by_title("Running time")
    expect(duration).to_have_text(re.compile(r"^\d+ s$"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = duration.inner_text()
    expect(duration).not_to_have_text(before)
    assert [url for url in asked if "/submarine/" in url] == []


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
    panel.region.get_by_role("button", name="stopped").press("Tab")
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


def test_buttons_of_statuses_and_tags_narrow_the_list(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    experiments.submit("good", "pass", tags=["baseline"])
    experiments.submit("bad", "raise SystemExit(1)", tags=["sweep"])
    panel = Panel.show(page, lab, "groups")
    expect_row_status(panel, "good", "Succeeded")
    expect_row_status(panel, "bad", "Failed")

    failed = panel.region.get_by_role("button", name="failed")
    failed.click()
    expect(failed).to_have_attribute("aria-pressed", "true")
    expect(panel.row("bad")).to_be_visible()
    expect(panel.row("good")).to_have_count(0)
    failed.click()
    panel.row("good").get_by_text("baseline", exact=True).click()
    expect(panel.filter).to_have_value("tag:baseline")
    expect(panel.rows).to_have_count(1)
    panel.filter.fill("tag:baseline failed")
    panel.region.get_by_role("button", name="Show all").click()
    expect(panel.row("bad")).to_be_visible()


def test_a_sorted_list_stays_sorted(lab: Lab, page: Page, experiments: Experiments) -> None:
    for name in ("sort-b", "sort-c", "sort-a"):
        experiments.submit(name, "pass", tags=["sorted"])
    panel = Panel.show(page, lab, "sorting")
    panel.filter.fill("tag:sorted")
    expect(panel.rows).to_contain_text(["sort-a", "sort-c", "sort-b"])
    panel.sort("By name")
    expect(panel.rows).to_contain_text(["sort-a", "sort-b", "sort-c"])
    experiments.submit("sort-aa", "pass", tags=["sorted"])
    expect(panel.rows).to_contain_text(["sort-a", "sort-aa", "sort-b", "sort-c"])


def test_a_filter_and_an_order_survive_a_reload(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    for name in ("again-b", "again-a"):
        experiments.submit(name, "pass", tags=["again"])
    experiments.submit("again-failed", "raise SystemExit(1)", tags=["again"])
    panel = Panel.show(page, lab, "again")
    panel.filter.fill("tag:again")
    panel.region.get_by_role("button", name="succeeded").click()
    with page.expect_response(
        lambda answer: (
            answer.request.method == "PUT"
            and "/api/workspaces/" in answer.url
            and '"order":"name"' in (answer.request.post_data or "").replace(" ", "")
        )
    ):
        panel.sort("By name")
    page.reload()
    expect(panel.filter).to_have_value("tag:again", timeout=30_000)
    expect(panel.rows).to_contain_text(["again-a", "again-b"])
    expect(panel.rows).to_have_count(2)
    expect(panel.region.get_by_role("button", name="succeeded")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_several_are_deleted_at_once_after_a_question_with_their_number(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    for number in range(4):
        experiments.submit(f"heap-{number}", "pass", tags=["heap"])
    panel = Panel.show(page, lab, "several")
    panel.filter.fill("tag:heap")
    expect(panel.rows).to_have_count(4)
    panel.row("heap-3").click()
    panel.row("heap-1").click(modifiers=["Shift"])
    expect(panel.selection).to_contain_text("3 selected")
    panel.row("heap-2").click(modifiers=["ControlOrMeta"])
    expect(panel.selection).to_contain_text("2 selected")

    panel.selection.get_by_role("button", name="Delete").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Delete 2 experiments with their logs and files?")
    question.get_by_role("button", name="Delete").click()
    expect(panel.rows).to_contain_text(["heap-2", "heap-0"])
    expect(panel.selection).to_have_count(0)


def test_the_keyboard_selects_and_deletes(lab: Lab, page: Page, experiments: Experiments) -> None:
    for number in range(3):
        experiments.submit(f"key-{number}", "pass", tags=["keys"])
    panel = Panel.show(page, lab, "keys")
    panel.filter.fill("tag:keys")
    expect(panel.rows).to_have_count(3)
    panel.rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(panel.selection).to_contain_text("2 selected")
    page.keyboard.press("Delete")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Delete 2 experiments")
    page.keyboard.press("Escape")
    expect(panel.rows).to_have_count(3)
    panel.rows.first.focus()
    page.keyboard.press("ControlOrMeta+a")
    expect(panel.selection).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    expect(panel.selection).to_have_count(0)


def test_the_context_menu_copies_and_stops(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    never = str(tmp_path / "never")
    experiment_id = experiments.submit("menu", f"wait_for({never!r})", tags=["menu"])
    panel = Panel.show(page, lab, "menu")
    expect_row_status(panel, "menu", "Running")

    panel.choose("menu", "Copy Id")
    assert page.evaluate("navigator.clipboard.readText()") == experiment_id
    panel.choose("menu", "Copy as Cell")
    expect(page.get_by_text("The cell is in the clipboard.")).to_be_visible()
    cell = page.evaluate("navigator.clipboard.readText()")
    first, _, program = cell.partition("\n")
    assert first.startswith("%%submarine experiment --name menu --framework TensorFlow")
    assert f"wait_for({never!r})" in program

    panel.choose("menu", "Stop")
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect_row_status(panel, "menu", "Stopped")
    panel.filter.fill("tag:menu")
    panel.region.get_by_role("button", name="failed").click()
    expect(panel.row("menu")).to_have_count(0)
    panel.region.get_by_role("button", name="stopped").click()
    expect(panel.row("menu")).to_be_visible()


def test_the_end_of_a_run_is_told_with_its_log(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    experiments.submit("told", f"wait_for({str(gate)!r}); say('the last line')")
    panel = Panel.show(page, lab, "told")
    expect_row_status(panel, "told", "Running")
    expect(page.get_by_title("Show the experiments")).to_contain_text("running")
    open_gate(gate)
    message = page.get_by_role("alert").filter(has_text="told succeeded")
    message.get_by_role("button", name="Show log").click()
    view = View(page.get_by_role("region", name="Experiment told"))
    expect(view.log("worker-0")).to_contain_text("the last line")


def test_an_end_on_the_screen_is_not_told_again(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    for name in ("watched", "unwatched"):
        experiments.submit(name, f"wait_for({str(gate)!r})")
    view = Panel.show(page, lab, "watching").open("watched")
    view.expect_status("Running")
    open_gate(gate)
    view.expect_status("Succeeded")
    # Another one, that ends at the same time or later, comes after what is told of the first.
    expect(page.get_by_role("alert").filter(has_text="unwatched succeeded")).to_be_visible()
    expect(
        page.get_by_role("alert").filter(has_text=re.compile(r"\bwatched succeeded"))
    ).to_have_count(0)


def test_an_empty_list_writes_the_first_cell(lab: Lab, page: Page) -> None:
    panel = Panel.show(page, lab, "first-cell")
    panel.filter.fill("nothing is called so")
    page.get_by_role("menuitem", name="Submarine").click()
    page.get_by_role("menuitem", name="Insert Experiment Cell").click()
    # Without a notebook there is one first, and perhaps a question for its kernel.
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells).to_have_count(2, timeout=30_000)
    expect(cells.nth(0)).to_contain_text("%load_ext submarine_jupyter")
    expect(cells.nth(1)).to_contain_text("%%submarine experiment --name hello")
