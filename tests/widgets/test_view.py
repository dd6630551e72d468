"""The widget in a real kernel: what it sends, how much at a time, and how little it keeps."""

from __future__ import annotations

import json
from typing import Any

from submarine_jupyter.client.following import Record
from submarine_jupyter.widgets.window import MAX_LINES, MAX_METRICS, RecordWindow

from .kernel_page import Page

SETUP = """
from submarine_jupyter import ExperimentClient
from submarine_jupyter.widgets import ExperimentView
run = ExperimentClient().submit({{
    'meta': {{'name': 'view', 'framework': 'TensorFlow', 'cmd': {cmd!r}}},
    'environment': {{}},
    'spec': {{'Worker': {{'replicas': 1, 'resources': 'cpu=1,memory=64M'}}}},
}}).wait()
view = ExperimentView(run)
"""


def lines_of(messages: list[tuple[float, dict[str, Any]]]) -> list[str]:
    return [
        line
        for _, message in messages
        for record in message["records"]
        if record["event"] == "log"
        for line in record["data"]["lines"]
    ]


def test_view(page: Page) -> None:
    cmd = "python -c \"[print(n, 'x' * 200) for n in range(20_000)]\""
    page.run(SETUP.format(cmd=cmd))
    comm, state = page.view_state()
    assert len(state["_esm"]) < 10_000
    assert len(json.dumps(state)) < 20_000
    assert state["snapshot"]["pods"][0]["lines"][-1].startswith("19999 ")

    page.send(comm, {"type": "load"})
    ((_, bundle),) = page.custom('"bundle"')
    assert "source" in bundle or "is not built" in bundle["error"]

    page.send(comm, {"type": "ready"})
    messages = page.custom('"end"')
    lines = lines_of(messages)
    numbers = [int(line.split()[0]) for line in lines]
    assert numbers == list(range(20_000 - len(lines), 20_000))
    assert 1_000 <= len(lines) <= MAX_LINES
    took = messages[-1][0] - messages[0][0]
    sent = sum(len(json.dumps(message)) for _, message in messages[:-1])
    assert sent / max(took, 0.1) < 250_000
    assert (len(messages) - 1) / max(took, 0.1) < 11

    # Another view of it gets all of it, too.
    page.send(comm, {"type": "ready"})
    assert lines_of(page.custom('"end"')) == lines
    page.run("view.close()")


def test_window_is_bounded_and_in_order() -> None:
    window = RecordWindow()
    window.add(Record("status", "a", {"status": "Running"}))
    offset = 0
    for part in range(100):
        lines = [f"{part}-{n}" for n in range(100)]
        window.add(Record("log", str(part), {"pod": "p", "offset": offset, "lines": lines}))
        offset += sum(len(line) + 1 for line in lines)
    window.add(Record("end", "z", {"status": "Succeeded"}))
    messages, number, size = window.take(0, 10_000_000)
    assert [messages[0]["event"], messages[-1]["event"]] == ["status", "end"]
    assert [message["cursor"] for message in messages[1:-1]] == [str(n) for n in range(80, 100)]
    assert window.take(number, 10_000_000) == ([], number, 0)
    few, number, size = window.take(0, 2_000)
    assert size <= 2_000
    rest, _, _ = window.take(number, 10_000_000)
    assert few + rest == messages


def test_many_metrics_push_out_neither_the_state_nor_events() -> None:
    window = RecordWindow()
    window.add(Record("status", "a", {"status": "Accepted"}))
    window.add(Record("status", "b", {"status": "Running"}))
    window.add(Record("event", "c", {"kind": "pod"}))
    for step in range(2 * MAX_METRICS):
        point = {"pod": "p", "name": "loss", "points": [[step, 1.0, step]]}
        window.add(Record("metric", "m", point))
    messages, _, _ = window.take(0, 10_000_000)
    assert [message["cursor"] for message in messages] == ["b", "c", *(MAX_METRICS * ["m"])]


def test_window_cuts_a_huge_record() -> None:
    window = RecordWindow()
    lines = [f"{n} ü" for n in range(5_000)]
    window.add(Record("log", "c", {"pod": "p", "attempt": 1, "offset": 7, "lines": lines}))
    ((message,), _, _) = window.take(0, 10)
    assert message["data"]["lines"] == lines[-MAX_LINES:]
    skipped = len("".join(f"{line}\n" for line in lines[:-MAX_LINES]).encode())
    assert message["data"]["offset"] == 7 + skipped


def test_only_vs_code_gets_a_widget_with_the_snapshot(page: Page) -> None:
    page.run(SETUP.format(cmd="python -c 1"))
    page.run("""
import os
from submarine_jupyter.widgets.mimebundle import MIME_TYPE, WIDGET, mime_bundle
os.environ.pop('VSCODE_PID', None)
assert WIDGET not in mime_bundle(run)
os.environ['VSCODE_PID'] = '1'
shown = mime_bundle(run)
assert {MIME_TYPE, WIDGET, 'text/html', 'text/plain'} == set(shown)
assert mime_bundle(run)[WIDGET] == shown[WIDGET]
os.environ['SUBMARINE_JUPYTER'] = '/'
assert WIDGET not in mime_bundle(run)
""")
