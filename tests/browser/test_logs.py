"""The logs of an experiment: long ones, several in one, and what one can do with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from ..server.api import wait_until
from .experiments import Experiments, Panel, View, open_gate
from .lab import Lab

COUNT = 200_000
LONG = f"""
    sys.stdout.write("".join(f"line {{i}} of {COUNT}\\n" for i in range({COUNT})))
    say("the last one")
    wait_for("never")
"""

FIRST_IN_VIEW = """element => {
    const top = element.getBoundingClientRect().top;
    const lines = [...element.querySelectorAll('.cm-line')];
    return lines.find(line => line.getBoundingClientRect().top > top + 20).textContent;
}"""


@pytest.fixture(scope="module")
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


@pytest.fixture(scope="module")
def long_run(experiments: Experiments) -> str:
    """Return the name of an experiment whose log is far longer than what a page holds."""
    experiments.submit("long", LONG)
    return "long"


@pytest.fixture
def long_view(lab: Lab, page: Page, long_run: str, request: pytest.FixtureRequest) -> View:
    view = Panel.show(page, lab, request.node.name).open(long_run)
    expect(view.lines("worker-0").last).to_have_text("the last one", timeout=30_000)
    return view


def scroller(view: View, pod: str = "worker-0") -> Locator:
    return view.log(pod).locator(".cm-scroller")


def scroll(page: Page, view: View, pixels: int, pod: str = "worker-0") -> None:
    """Turn the wheel over a log."""
    scroller(view, pod).hover()
    page.mouse.wheel(0, pixels)


def scroll_to_top(page: Page, view: View) -> None:
    """Go as far up as there are rows, and then a bit with the wheel."""
    scroll(page, view, -200)
    expect(view.button("Follow")).to_be_visible()
    scroller(view).evaluate("element => { element.scrollTop = 100 }")
    scroll(page, view, -200)


def line(view: View, text: str) -> Locator:
    return view.log("worker-0").locator(".cm-line").filter(has_text=re.compile(f"^{text}$"))


def test_a_burst_is_left_out_and_loaded_on_demand(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"""
        say("before")
        wait_for({str(gate)!r})
        sys.stdout.write("".join(f"line {{i}} {{'x' * 90}}\\n" for i in range({COUNT})))
        say("the last one")
        wait_for("never")
    """
    experiments.submit("burst", program)
    view = Panel.show(page, lab, "burst").open("burst")
    expect(view.lines("worker-0")).to_have_text(["before"])
    open_gate(gate)
    expect(view.lines("worker-0").last).to_have_text("the last one", timeout=30_000)

    gap = view.log("worker-0").locator(".submarine-Log-gap")

    def has_reached_the_first_of_what_is_there() -> bool:
        # Earlier lines come meanwhile, and what one reads stays where it is.
        scroll_to_top(page, view)
        return gap.or_(line(view, "before")).first.is_visible()

    wait_until(has_reached_the_first_of_what_is_there)
    numbers = view.log("worker-0").locator(".submarine-Log-numbers .cm-gutterElement")
    expect(numbers.filter(has_text=re.compile(r"^\d+$")).first).to_be_attached()


def test_earlier_lines_come_as_one_scrolls_up(page: Page, long_view: View) -> None:
    scroll_to_top(page, long_view)
    gap = long_view.log("worker-0").locator(".submarine-Log-gap")
    first = f"line {COUNT + 1 - 5_000 - 1} of {COUNT}"
    expect(line(long_view, first)).to_be_visible()
    # What one was reading stays where it was, and what was before it is there now.
    scroll(page, long_view, -300)
    expect(line(long_view, f"line {COUNT + 1 - 5_000 - 10} of {COUNT}")).to_be_visible()

    def says_what_is_left_out() -> bool:
        # Each time that one comes to the top more is loaded, and the gap is out of sight again.
        scroller(long_view).evaluate("element => { element.scrollTop = 0 }")
        said = re.compile(r"1\d\d,\d{3} lines left out; scroll up to load")
        return any(said.fullmatch(text) for text in gap.all_text_contents())

    wait_until(says_what_is_left_out)


def test_a_search_goes_through_the_whole_log(page: Page, long_view: View) -> None:
    long_view.button("Find").click()
    field = page.get_by_role("searchbox", name="Find in log")
    expect(field).to_be_focused()
    field.fill("line 777")
    found = long_view.region.get_by_role("search").get_by_role("status")
    expect(found).to_have_text("1 of 111")
    target = long_view.log("worker-0").locator(".submarine-Log-target")
    expect(target).to_have_text(f"line 777 of {COUNT}")
    expect(target).to_be_in_viewport()
    expect(target.locator(".submarine-Log-found")).to_have_text("line 777")

    field.press("Enter")
    expect(target).to_have_text(f"line 7770 of {COUNT}")
    expect(found).to_have_text("2 of 111")
    field.press("Shift+Enter")
    field.press("Shift+Enter")
    expect(target).to_have_text(f"line 77799 of {COUNT}")
    expect(target).to_be_in_viewport()

    page.get_by_role("button", name="Regular expression").click()
    field.fill("^line 1(9)\\1+")
    expect(found).to_contain_text("regex")
    field.fill("^line 19{5} ")
    expect(found).to_have_text("1 of 1")
    expect(target).to_have_text(f"line 199999 of {COUNT}")
    field.press("Escape")
    expect(field).to_have_count(0)


def test_one_jumps_to_a_line_and_back_to_the_end(page: Page, long_view: View) -> None:
    long_view.log("worker-0").locator(".cm-content").focus()
    page.keyboard.press("g")
    field = page.get_by_role("spinbutton", name="Go to line")
    expect(field).to_be_focused()
    field.fill("100000")
    field.press("Enter")
    target = long_view.log("worker-0").locator(".submarine-Log-target")
    expect(target).to_have_text(f"line 99999 of {COUNT}")
    expect(target).to_be_in_viewport()
    number = long_view.log("worker-0").locator(".submarine-Log-numbers .cm-gutterElement")
    expect(number.filter(has_text=re.compile("^100000$"))).to_be_visible()

    long_view.button("Times").click()
    times = long_view.log("worker-0").locator(".submarine-Log-times .cm-gutterElement")
    expect(times.filter(has_text=re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$")).nth(2)).to_be_visible()

    long_view.button("Follow").click()
    expect(line(long_view, "the last one")).to_be_in_viewport()
    expect(long_view.button("Follow")).to_have_count(0)


def test_the_end_is_followed_until_one_scrolls_up(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gates = [tmp_path / "first", tmp_path / "second"]
    program = f"""
        for gate in {[str(gate) for gate in gates]!r}:
            for number in range(300):
                say(f"{{os.path.basename(gate)}} {{number}}")
            wait_for(gate)
        say("the end")
    """
    experiments.submit("follow", program)
    view = Panel.show(page, lab, "follow").open("follow")
    expect(line(view, "first 299")).to_be_in_viewport()
    scroll(page, view, -1_000)
    expect(view.button("Follow")).to_be_visible()
    expect(line(view, "first 299")).not_to_be_in_viewport()
    seen = scroller(view).evaluate(FIRST_IN_VIEW)

    room = scroller(view).evaluate("element => element.scrollHeight")
    open_gate(gates[0])
    page.wait_for_function(
        "room => document.querySelector('.submarine-Log .cm-scroller').scrollHeight > room + 4000",
        arg=room,
    )
    expect(line(view, seen)).to_be_in_viewport()
    expect(line(view, "second 299")).not_to_be_in_viewport()
    view.button("Follow").click()
    expect(line(view, "second 299")).to_be_in_viewport()
    open_gate(gates[1])
    expect(line(view, "the end")).to_be_in_viewport()


@pytest.fixture
def without_following(lab: Lab) -> Iterator[None]:
    """Choose that logs are not followed."""
    lab.choose_settings("submarine-jupyter:settings", follow=False)
    yield
    lab.choose_settings("submarine-jupyter:settings")


@pytest.mark.usefixtures("without_following")
def test_the_end_is_not_followed_where_the_settings_say_so(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    experiments.submit("stays", "for i in range(300): say(f'line {i}')")
    view = Panel.show(page, lab, "stays").open("stays")
    view.expect_status("Succeeded")
    expect(view.button("Follow")).to_be_visible()
    expect(line(view, "line 0")).to_be_in_viewport()
    view.button("Follow").click()
    expect(line(view, "line 299")).to_be_in_viewport()
    expect(view.button("Follow")).to_have_count(0)


def test_long_lines_are_broken_on_demand(lab: Lab, page: Page, experiments: Experiments) -> None:
    experiments.submit("wide", "say('word ' * 400); wait_for('never')")
    view = Panel.show(page, lab, "wide").open("wide")
    expect(view.lines("worker-0")).to_contain_text(["word"])
    too_wide = "element => element.scrollWidth > element.clientWidth"
    assert scroller(view).evaluate(too_wide)
    wrap = view.button("Wrap")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not scroller(view).evaluate(too_wide)


def test_lines_are_copied_without_the_browsers_own_clipboard(
    lab: Lab, page: Page, experiments: Experiments
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    experiment_id = experiments.submit("copied", 'say("one")')
    view = Panel.show(page, lab, "copied").open("copied")
    expect(view.lines("worker-0")).to_have_text(["one"])
    # A page that came by http from another machine has none.
    page.evaluate(
        """() => {
            window.kept = navigator.clipboard;
            Object.defineProperty(navigator, 'clipboard', { value: undefined });
        }"""
    )
    view.button("Copy").click()
    expect(view.button("Copied")).to_be_visible()
    assert page.evaluate("kept.readText()").strip() == "one"
    view.region.get_by_title("Copy the experiment id").click()
    expect(view.region.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("kept.readText()") == experiment_id


def test_all_pods_share_one_log(
    lab: Lab, page: Page, experiments: Experiments, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"""
        import json
        task = json.loads(os.environ["TF_CONFIG"])["task"]
        say("all say this")
        wait_for({str(gate)!r})
        say(f"only {{task['type']}} {{task['index']}}")
        wait_for("never")
    """
    experiments.submit("merged", program, {"Ps": 1, "Worker": 2})
    view = Panel.show(page, lab, "merged").open("merged")
    expect(view.log("worker-0")).to_contain_text("all say this")
    view.region.get_by_role("tab", name="All pods").click()
    log = view.region.get_by_role("log", name="Logs of all pods")
    expect(log.locator(".cm-line")).to_have_count(3)
    lanes = log.locator(".submarine-Log-lanes .cm-gutterElement span:visible")
    expect(lanes).to_have_count(3)
    assert sorted(lanes.all_inner_texts()) == ["P0", "W0", "W1"]
    assert len({lane.evaluate("e => getComputedStyle(e).color") for lane in lanes.all()}) == 3

    view.button("Fold").click()
    expect(log.locator(".cm-line")).to_have_text([re.compile("all say this$")])
    expect(lanes).to_have_text([re.compile(r"^\w\d .3$")])
    open_gate(gate)
    expect(log.locator(".cm-line")).to_have_count(4)
    expect(log).to_contain_text("only worker 1")
    expect(view.region.get_by_role("tab", selected=True).last).to_have_text("All pods")
