"""The view of an experiment: what it tells, what it asks, and what cannot disturb it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from submarine_jupyter import launch
from tests.faults.traces import kill_server

from .experiments import Experiments, Panel, View, open_gate
from .lab import Lab, NotebookPage
from .notebooks import trust, write_notebook

MARKUP = [
    '<img src="x" onerror="window.intruded = 1; alert(1)">',
    "<script>window.intruded = 1; alert(1)</script>",
    "<b>bold</b> &amp; &lt;i&gt;",
]


@pytest.fixture
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


def watch_dialogs(page: Page) -> list[str]:
    """Return what will hold the texts of the dialogs that the page opens."""
    texts: list[str] = []

    def take(dialog: Dialog) -> None:
        texts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", take)
    return texts


def expect_no_intrusion(page: Page, dialogs: list[str]) -> None:
    assert page.evaluate("window.intruded") is None
    assert dialogs == []
    foreign = page.locator(".submarine-View").locator("img, script, b, a, iframe")
    expect(foreign).to_have_count(0)


def whole_log(page: Page, view: View, pod: str) -> list[str]:
    """Return all lines that a log holds, as a reader would copy them."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view.log(pod).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text.splitlines()


def test_a_failed_run_says_why(lab: Lab, page: Page, experiments: Experiments) -> None:
    program = """
        import json
        if json.loads(os.environ["TF_CONFIG"])["task"] == {"type": "worker", "index": 1}:
            raise SystemExit(3)
        wait_for("never")
    """
    experiment_id = experiments.submit("fails", program, {"Ps": 1, "Worker": 2})
    view = Panel.show(page, lab, "failing").open("fails")
    view.expect_status("Failed")
    reason = view.region.get_by_role("status").filter(has_text="worker-1 exited with code 3")
    expect(reason).to_be_visible()
    expect(reason).not_to_contain_text(experiment_id)
    expect(view.region.get_by_role("tab", name="Worker 0 Stopped")).to_be_visible()
    # The log that tells why is the one to see, though other pods come before it.
    pods = view.region.get_by_role("tablist", name="Pods")
    selected = pods.get_by_role("tab", selected=True)
    expect(selected).to_have_accessible_name("Worker 1 Failed")


def test_stop_asks_first(lab: Lab, page: Page, experiments: Experiments) -> None:
    experiment_id = experiments.submit("stops", "say('begun'); wait_for('never')")
    view = Panel.show(page, lab, "stopping").open("stops")
    expect(view.log("worker-0")).to_contain_text("begun")

    view.button("Stop").click()
    question = view.question("Stop this run? Its record and logs are kept.")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    assert experiments.status(experiment_id) == "Running"

    view.button("Stop").click()
    question.get_by_role("button", name="Stop").click()
    view.expect_status("Stopped")
    expect(view.region.get_by_role("status").filter(has_text="Stopped")).to_be_visible()
    expect(view.log("worker-0")).to_contain_text("begun")
    expect(view.button("Stop")).to_have_count(0)
    assert experiments.status(experiment_id) == "Failed"


def test_a_progress_bar_is_one_changing_line(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    program = f"""
        for percent in range(0, 41, 10):
            say(f"\\r{{percent}} %", end="")
        wait_for({str(first)!r})
        for percent in range(50, 91, 10):
            say(f"\\r{{percent}} %", end="")
        wait_for({str(second)!r})
        say("\\r100 %")
        say("done")
    """
    experiments.submit("bar", program)
    view = Panel.show(page, lab, "progress").open("bar")
    expect(view.lines("worker-0")).to_have_text(["40 %"])
    open_gate(first)
    expect(view.lines("worker-0")).to_have_text(["90 %"])
    open_gate(second)
    expect(view.lines("worker-0")).to_have_text(["100 %", "done"])


def test_what_a_log_holds_stays_text(lab: Lab, page: Page, experiments: Experiments) -> None:
    program = f"""
        for line in {MARKUP!r}:
            say(line)
        say("\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07", end="")
        say("\\x1b]8;;javascript:alert(1)\\x07link\\x1b]8;;\\x07")
        say("\\x1b[2J\\x1b[3;4Hmoved")
    """
    dialogs = watch_dialogs(page)
    experiments.submit("hostile", program)
    view = Panel.show(page, lab, "hostile-log").open("hostile")
    view.expect_status("Succeeded")
    expect(view.lines("worker-0")).to_have_text([*MARKUP, "red link", "moved"])
    expect(view.log("worker-0").locator(".submarine-ansi-1")).to_have_text("red")
    expect_no_intrusion(page, dialogs)


def test_what_a_notebook_says_of_an_experiment_stays_text(lab: Lab, page: Page) -> None:
    """The server takes no such names, but a notebook from elsewhere may hold anything."""
    image = MARKUP[0]
    experiment = {
        "experimentId": "experiment-1-0001",
        "status": image,
        "spec": {
            "meta": {"name": image, "framework": image},
            "spec": {image: {"replicas": 1, "resources": image}},
        },
    }
    pod = {"name": image, "role": image, "index": 0, "state": image, "lines": MARKUP}
    payload = {
        "version": 1,
        "experimentId": "experiment-1-0001",
        "server": image,
        "name": image,
        "snapshot": {"experiment": experiment, "pods": [pod], "time": image},
    }
    output = {"application/vnd.submarine.experiment+json": payload, "text/plain": "inert"}
    write_notebook(lab.root / "hostile.ipynb", ["1"], output)
    # What an untrusted one says is not shown at all.
    trust(lab, "hostile.ipynb")
    dialogs = watch_dialogs(page)
    page.goto(lab.address("lab/workspaces/hostile-notebook/tree/hostile.ipynb"))
    view = View(page.get_by_role("region", name=f"Experiment {image}"))
    expect(view.region).to_contain_text("which is none of yours", timeout=60_000)
    expect(view.region.get_by_text(image, exact=True).first).to_be_visible()
    expect(view.region.get_by_role("log").locator(".cm-line")).to_have_text(MARKUP)
    # Nothing can be done to an experiment of a server that is not the reader's.
    expect(view.button("Stop")).to_have_count(0)
    expect(view.button("Delete")).to_have_count(0)
    expect_no_intrusion(page, dialogs)


def test_views_agree_and_outlive_the_kernel(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"""
        for number in range(5):
            say(f"before {{number}}")
        wait_for({str(gate)!r})
        for number in range(5):
            say(f"after {{number}}")
    """
    experiment_id = experiments.submit("twice", program)
    show = f"submarine_jupyter.ExperimentClient().experiment({experiment_id!r})"
    cells = [
        "%load_ext submarine_jupyter\nimport submarine_jupyter",
        f"display({show}, {show})",
        "1",
    ]
    write_notebook(lab.root / "twice.ipynb", cells)
    page.goto(lab.address("lab/workspaces/twice/tree/twice.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    notebook.run_cell(1)
    regions = page.locator(".jp-Notebook").get_by_role("region", name="Experiment twice")
    views = [View(regions.nth(0)), View(regions.nth(1))]
    before = [f"before {number}" for number in range(5)]
    for view in views:
        expect(view.lines("worker-0")).to_have_text(before)

    page.get_by_role("button", name="Restart the kernel", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    notebook.run_cell(2)
    # A kernel that counts from the beginning is a new one.
    expect(page.locator(".jp-CodeCell").nth(2).locator(".jp-InputPrompt")).to_have_text("[1]:")
    for view in views:
        view.expect_status("Running")
        expect(view.lines("worker-0")).to_have_text(before)

    open_gate(gate)
    for view in views:
        view.expect_status("Succeeded")
        expect(view.lines("worker-0")).to_have_text(
            [*before, *(f"after {number}" for number in range(5))]
        )


def test_a_killed_server_costs_no_line(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"""
        number = 0
        while not os.path.exists({str(gate)!r}):
            say(f"line {{number}}")
            number += 1
            time.sleep(0.01)
        say(f"that were {{number}}")
    """
    experiments.submit("survivor", program)
    view = Panel.show(page, lab, "survivor").open("survivor")
    expect(view.log("worker-0")).to_contain_text("line 5")

    kill_server(lab.data_dir)
    outage = view.region.locator(".submarine-Notices")
    expect(outage).to_have_text(
        "The experiment server is not running; it starts with the next submit. "
        "Runs go on without it."
    )
    launch.ensure(lab.data_dir)
    expect(outage).to_have_text("")
    view.expect_status("Running")
    open_gate(gate)
    view.expect_status("Succeeded")
    expect(view.log("worker-0")).to_contain_text("that were")

    *lines, last = whole_log(page, view, "worker-0")
    assert lines == [f"line {number}" for number in range(len(lines))]
    assert last == f"that were {len(lines)}"
    assert len(lines) > 50


def test_the_widget_is_fed_by_the_kernel(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"say('before'); wait_for({str(gate)!r}); say('after')"
    experiment_id = experiments.submit("widget", program, {"Ps": 1, "Worker": 1})
    show = f"""
from submarine_jupyter import ExperimentClient, ExperimentView
from tests.faults.traces import kill_server
ExperimentView(ExperimentClient().experiment({experiment_id!r}))"""
    write_notebook(lab.root / "widget.ipynb", [show])
    page.goto(lab.address("lab/workspaces/widget/tree/widget.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    view = View(page.get_by_role("region", name="Experiment widget"))
    expect(view.lines("worker-0")).to_have_text(["before"], timeout=20_000)
    view.expect_status("Running")
    # The kernel follows, and does not act for the reader.
    expect(view.button("Delete")).to_have_count(0)

    open_gate(gate)
    view.expect_status("Succeeded")
    expect(view.lines("worker-0")).to_have_text(["before", "after"])
    expect(view.region.get_by_role("tab", name="Worker 0 Succeeded")).to_be_visible()
