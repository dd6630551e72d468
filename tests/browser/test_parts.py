"""The parts of an experiment's view beside its logs: metrics, files, spec, events, failures."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .experiments import Experiments, Panel, View, open_gate
from .lab import Lab, NotebookPage
from .notebooks import write_notebook

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGA"
    "hKmMIQAAAABJRU5ErkJggg=="
)
HOSTILE_NAME = "<img src=x onerror=window.intruded=1>.txt"


@pytest.fixture
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


def test_metrics_are_live_charts_with_a_line_a_pod(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"""
        import json
        index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
        for step in range(200):
            say(f"step {{step}} loss {{10 / (step + 1) + index:.4f}}")
        wait_for({str(gate)!r})
        say(f"step 200 loss {{7 + index}}")
    """
    experiments.submit("charted", program, {"Worker": 2})
    view = Panel.show(page, lab, "metrics").open("charted")
    view.tab("Metrics 1").click()
    chart = view.region.get_by_role("figure", name="loss")
    row = chart.get_by_role("row", name=re.compile("Worker 1 "))
    expect(row).to_contain_text("1.05", timeout=20_000)
    expect(row).to_contain_text("step 199")
    assert painted_colours(chart.locator("canvas").evaluate(READ_PIXELS)) >= 2

    open_gate(gate)
    expect(row).to_contain_text("step 200", timeout=20_000)
    expect(row).to_contain_text("8")


READ_PIXELS = """canvas =>
    [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"""


def painted_colours(data: list[int]) -> int:
    """Return how many of the lines' colours are on a canvas; axes are grey."""
    found = set()
    for at in range(0, len(data), 4):
        red, green, blue, alpha = data[at : at + 4]
        if alpha == 255 and max(red, green, blue) - min(red, green, blue) > 100:
            found.add((red // 32, green // 32, blue // 32))
    return len(found)


def test_a_point_leads_to_its_line_and_back(lab: Lab, page: Page, experiments: Experiments) -> None:
    program = """
        for step in range(1000):
            say(f"step {step} loss {10 / (step + 1):.4f}")
    """
    experiments.submit("led", program)
    view = Panel.show(page, lab, "points").open("led")
    view.expect_status("Succeeded")
    expect(view.log("worker-0")).to_contain_text("step 999 loss")
    view.tab("Metrics 1").click()
    points = view.region.get_by_role("slider", name="Points of loss")
    points.focus()
    page.keyboard.press("Home")
    expect(points).to_have_attribute("aria-valuetext", "0: Worker 0 10")
    page.keyboard.press("ArrowRight")
    expect(points).to_have_attribute("aria-valuetext", "1: Worker 0 5")
    page.keyboard.press("Enter")
    expect(view.tab("Logs")).to_have_attribute("aria-selected", "true")
    expect(view.log("worker-0")).to_contain_text("step 1 loss 5.0000")

    view.button("Back to chart").click()
    expect(view.tab("Metrics 1")).to_have_attribute("aria-selected", "true")
    expect(points).to_have_attribute("aria-valuetext", "1: Worker 0 5")

    # The first point is at the top left.
    over = points.locator(".u-over").bounding_box()
    assert over is not None
    page.mouse.click(over["x"] + 1, over["y"] + 12)
    expect(view.tab("Logs")).to_have_attribute("aria-selected", "true")
    expect(view.log("worker-0")).to_contain_text("step 0 loss 10.0000")


def test_an_axis_can_be_logarithmic_and_lines_smooth(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    program = """
        for step in range(100):
            say(f"step {step} loss {10 ** (-step / 20):.6f} gap {-step}.5")
    """
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    experiments.submit("scaled", program)
    view = Panel.show(page, lab, "scales").open("scaled")
    view.tab(re.compile("Metrics")).click()
    chart = view.region.get_by_role("figure", name="loss")
    expect(chart).to_contain_text("step 99", timeout=20_000)
    view.region.get_by_role("checkbox", name="Logarithmic axis").check()
    view.region.get_by_role("slider", name="Smoothing").fill("0.9")
    expect(view.region.locator("output")).to_have_text("0.90")
    # The values stay those of the log.
    expect(chart).to_contain_text("step 99")
    assert errors == []


def test_files_are_listed_and_saved_and_pictures_shown(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    program = f"""
        import base64
        from pathlib import Path
        out = Path(os.environ["SUBMARINE_OUTPUT_DIR"])
        (out / "plots").mkdir()
        (out / "plots" / "dot 1.png").write_bytes(base64.b64decode({PIXEL!r}))
        (out / "page.png").write_text("<script>window.intruded = 1</script>")
        (out / "model.bin").write_bytes(b"weights")
        (out / {HOSTILE_NAME!r}).write_text("x")
    """
    experiments.submit("written", program)
    view = Panel.show(page, lab, "files").open("written")
    view.expect_status("Succeeded")
    view.tab("Files").click()
    files = view.region.get_by_role("list", name="Files")
    expect(files.get_by_role("listitem")).to_have_count(4)
    expect(files).to_contain_text(HOSTILE_NAME)
    expect(files.locator("img")).to_have_count(0)

    with page.expect_download() as download:
        view.button("Download model.bin").click()
    assert download.value.suggested_filename == "model.bin"
    assert download.value.path().read_bytes() == b"weights"

    view.button("Show plots/dot 1.png").click()
    picture = files.get_by_role("img", name="plots/dot 1.png")
    expect(picture).to_have_js_property("naturalWidth", 1)
    assert (picture.get_attribute("src") or "").startswith("blob:")

    view.button("Show page.png").click()
    expect(files.get_by_role("alert")).to_have_text("This file is no picture that can be shown.")
    assert page.evaluate("window.intruded") is None
    assert base64.b64decode(PIXEL)[:4] == b"\x89PNG"


def test_a_failure_leads_to_the_line_of_the_program(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    program = """
        def read(path):
            import not_a_package
        read("data")
    """
    experiments.submit("broken", program)
    view = Panel.show(page, lab, "broken").open("broken")
    view.expect_status("Failed")
    failure = view.region.locator(".submarine-Failure")
    expect(failure.get_by_role("status")).to_contain_text("No module named 'not_a_package'")
    expect(failure).to_contain_text('Install not_a_package where it runs, such as with "%pip')
    expect(failure).to_contain_text("Exit code1")
    place = failure.get_by_role("button", name=re.compile(", line ")).last
    place.click()
    expect(view.tab("Spec")).to_have_attribute("aria-selected", "true")
    line = view.region.locator("[aria-current='location']")
    expect(line).to_have_text("    import not_a_package")
    expect(line).to_be_in_viewport()
    expect(view.region.get_by_role("region", name="Spec")).to_contain_text("name: broken")


def test_a_run_that_took_too_much_memory_is_told_how_much_to_ask_for(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    experiments.submit("greedy", "hold = bytearray(400_000_000)\nwait_for('never')")
    view = Panel.show(page, lab, "greedy").open("greedy")
    view.expect_status("Failed")
    failure = view.region.locator(".submarine-Failure")
    expect(failure.get_by_role("status")).to_contain_text("OOMKilled")
    expect(failure).to_contain_text("Run again with memory=128M for Worker.")
    expect(failure).to_contain_text("SIGKILL")
    expect(failure).to_contain_text("cpu=1,memory=64M")


def test_events_tell_what_happened(lab: Lab, page: Page, experiments: Experiments) -> None:
    experiments.submit("told", "say('done')", {"Ps": 1, "Worker": 1})
    view = Panel.show(page, lab, "events").open("told")
    view.expect_status("Succeeded")
    view.tab(re.compile("Events")).click()
    statuses = view.region.get_by_role("list", name="Statuses")
    expect(statuses.get_by_role("listitem")).to_have_count(4)
    expect(statuses.get_by_role("listitem").last).to_contain_text("Succeeded")
    events = view.region.get_by_role("list", name="Events")
    expect(events).to_contain_text("Startedworker-0")
    expect(events.get_by_role("listitem").last).to_contain_text("Succeeded")


@pytest.mark.parametrize(
    ("program", "status"),
    [("say('here'); wait_for('never')", "Running"), ("say('here')", "Succeeded")],
)
def test_an_experiment_deleted_elsewhere_says_so(
    lab: Lab, page: Page, experiments: Experiments, program: str, status: str
) -> None:
    name = f"vanishes-{status.lower()}"
    experiment_id = experiments.submit(name, program)
    view = Panel.show(page, lab, name).open(name)
    expect(view.log("worker-0")).to_contain_text("here")
    view.expect_status(status)
    experiments.delete(experiment_id)
    view.expect_status("Deleted")
    expect(view.region).to_contain_text("This experiment was deleted.")
    for action in ("Stop", "Clone", "Delete", "Download log"):
        expect(view.button(action)).to_have_count(0)
    expect(view.tab("Files")).to_have_count(0)


def test_a_traceback_leads_to_the_cell_in_the_notebook(lab: Lab, page: Page) -> None:
    cell = "%%submarine experiment --name wrong\nprint('begin')\n\nraise KeyError('missing')"
    write_notebook(lab.root / "wrong.ipynb", ["%load_ext submarine_jupyter", cell, "1"])
    page.goto(lab.address("lab/workspaces/wrong/tree/wrong.ipynb"))
    notebook = NotebookPage(page)
    notebook.wait_ready()
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = View(page.get_by_role("region", name="Experiment wrong"))
    view.expect_status("Failed", timeout=60_000)
    # The output is trusted: this kernel has made it.
    expect(view.button("Clone")).to_be_visible()
    place = view.region.get_by_role("button", name=re.compile(r'File "Cell In\[\d+\]", line 4'))
    place.click()
    editor = page.locator(".jp-CodeCell").nth(1).locator(".jp-InputArea .cm-content")
    expect(editor).to_be_focused()
    expect(page.get_by_text("Ln 4, Col 1", exact=True)).to_be_visible()

    # A cell that was changed since is not taken for the one that ran.
    page.keyboard.press("Home")
    page.keyboard.type("# ")
    place.click()
    expect(view.tab("Spec")).to_have_attribute("aria-selected", "true")
    line = view.region.locator("[aria-current='location']")
    expect(line).to_have_text("raise KeyError('missing')")
