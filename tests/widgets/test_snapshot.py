"""What a notebook keeps of an experiment: small, inert, without secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter import Experiment, ExperimentClient
from submarine_jupyter.client.display import set_display_hook
from submarine_jupyter.client.table import Table
from submarine_jupyter.widgets.html import to_html
from submarine_jupyter.widgets.mimebundle import MIME_TYPE, mime_bundle
from submarine_jupyter.widgets.snapshot import MAX_PODS


def submit(code: str, workers: int = 1, **meta: Any) -> Experiment:
    return ExperimentClient().submit(
        {
            "meta": {
                "name": "shown",
                "framework": "TensorFlow",
                "cmd": f'python -u -c "{code}"',
                **meta,
            },
            "environment": {"image": "<b>image</b>"},
            "spec": {"Worker": {"replicas": workers, "resources": "cpu=1,memory=64M"}},
        }
    )


def size(bundle: dict[str, Any]) -> int:
    return len(json.dumps(bundle, ensure_ascii=False).encode())


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture
def plain_display() -> Iterator[None]:
    yield
    from submarine_jupyter import widgets

    set_display_hook(widgets.display)


def test_bundle(experiment_server: object) -> None:
    code = "print('<script>alert(1)</script>'); print('\\x1b[1mbold\\x1b[0m a\\rb'); print('ü')"
    secret = {"TOKEN": "hunter2"}
    experiment = submit(code.replace("\\", "\\\\"), envVars=secret, tags=["<i>tag</i>"]).wait(60)
    bundle = mime_bundle(experiment)
    payload = bundle[MIME_TYPE]
    assert payload["version"] == 1
    assert payload["experimentId"] == experiment.id
    assert payload["server"] == experiment.client.info()["server"]
    assert (payload["name"], payload["status"]) == ("shown", "Succeeded")
    (pod,) = payload["snapshot"]["pods"]
    assert pod == {
        "name": f"{experiment.id}-worker-0",
        "role": "Worker",
        "index": 0,
        "state": "Succeeded",
        "lines": ["<script>alert(1)</script>", "b", "ü"],
    }
    kept = payload["snapshot"]["experiment"]
    assert kept["spec"]["spec"] == {"Worker": {"replicas": 1, "resources": "cpu=1,memory=64M"}}
    whole = json.dumps(bundle)
    assert "hunter2" not in whole
    assert "python -u" not in whole
    assert "<script" not in bundle["text/html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in bundle["text/html"]
    assert "&lt;i&gt;tag&lt;/i&gt;" in bundle["text/html"]
    tags = Tags(bundle["text/html"]).seen
    assert {tag for tag, _ in tags} <= {"div", "b", "span", "code", "pre"}
    assert {name for _, attributes in tags for name in attributes} == {"class", "style"}
    assert bundle["text/plain"].startswith(f"shown ({experiment.id}): Succeeded\n")
    assert "    ü" in bundle["text/plain"]


def test_bundle_stays_small(experiment_server: object) -> None:
    code = "print(('<&>' * 200 + chr(34) * 100 + '\\t' * 50 + 'ü' * 400 + chr(10)) * 200)"
    experiment = submit(
        code.replace("\\", "\\\\"), workers=24, tags=["x" * 5000] * 50, cmd=f'python -c "{code}"'
    )
    experiment.wait(100)
    bundle = mime_bundle(experiment)
    assert size(bundle) < 20_000
    pods = bundle[MIME_TYPE]["snapshot"]["pods"]
    assert len(pods) == MAX_PODS
    assert bundle[MIME_TYPE]["snapshot"]["podCount"] == 24
    assert "and 12 more pods" in bundle["text/html"]


def test_one_pod_gets_the_whole_room(experiment_server: object) -> None:
    experiment = submit("[print('line', n) for n in range(1000)]").wait(60)
    (pod,) = mime_bundle(experiment)[MIME_TYPE]["snapshot"]["pods"]
    assert pod["lines"] == [f"line {n}" for n in range(950, 1000)]


def test_failed_pods_stand_first(experiment_server: object) -> None:
    code = (
        "import os, sys, json, time; "
        "n = json.loads(os.environ['TF_CONFIG'])['task']['index']; "
        "sys.exit(3) if n == 1 else time.sleep(30)"
    )
    experiment = submit(code, workers=2)
    for _ in experiment.records():
        pass
    pods = mime_bundle(experiment)[MIME_TYPE]["snapshot"]["pods"]
    assert pods[0]["index"] == 1
    assert pods[0]["state"] == "Failed"


def test_without_server_only_text(experiment_server: object, data_dir: Path) -> None:
    experiment = submit("print(1)").wait(60)
    other = Experiment(ExperimentClient("http://127.0.0.1:9"), experiment.data)
    bundle = mime_bundle(other)
    assert list(bundle) == ["text/plain"]
    assert "No server answers at" in bundle["text/plain"]


def test_hook(experiment_server: object, plain_display: None) -> None:
    experiment = submit("print(1)").wait(60)
    set_display_hook(None)
    assert experiment._repr_mimebundle_() == {"text/plain": repr(experiment)}
    from submarine_jupyter import widgets

    set_display_hook(widgets.display)
    assert MIME_TYPE in experiment._repr_mimebundle_(include=None, exclude=None)


def test_html_of_odd_data() -> None:
    snapshot = {
        "experiment": {
            "experimentId": "<x>",
            "status": '"><script>',
            "spec": {"meta": {"name": "<img src=x onerror=y>"}, "spec": {"<R>": {}}},
        },
        "pods": [{"name": "<p>", "state": "<s>", "lines": ["</pre><script>"]}],
        "podCount": 1,
        "time": "2026-01-01T00:00:00+00:00",
    }
    assert {tag for tag, _ in Tags(to_html(snapshot)).seen} <= {"div", "b", "span", "code", "pre"}


def test_table() -> None:
    table = Table(("Id", "Name"), [("1", "<b>"), ("22", "x")], empty="None.")
    assert repr(table) == "Id  Name\n1   <b>\n22  x"
    assert "&lt;b&gt;" in table._repr_html_()
    assert repr(Table(("Id",), [], empty="None.")) == "None."


def test_a_text_of_several_lines_stays_within_its_column() -> None:
    table = Table(("Pod", "Message"), [("a", "one\n  two"), ("b", "")], empty="None.")
    assert repr(table) == "Pod  Message\na    one\n       two\nb"
    assert "one\n  two" in table.to_html()


def test_ids_are_never_broken() -> None:
    before, after = "experiment-1-0001", "experiment-1-0002"
    table = Table(("Field", before, after), [(before, "a b", "c")], empty="None.")
    head, row = table.to_html().split("<tbody>")
    assert head.count("white-space:nowrap") == 3
    first, *others = row.split("</td>")
    assert f'white-space:nowrap">{before}' in first
    assert "nowrap" not in "".join(others)
    snapshot = {
        "experiment": {
            "experimentId": before,
            "status": "Running",
            "spec": {"meta": {"name": "a"}, "spec": {}},
        },
        "pods": [{"name": f"{before}-worker-0", "state": "Running", "lines": []}],
        "podCount": 1,
        "time": "2026-01-01T00:00:00+00:00",
    }
    codes = [attributes for tag, attributes in Tags(to_html(snapshot)).seen if tag == "code"]
    assert [code["style"] for code in codes] == ["white-space:nowrap"] * 2


def test_importing_the_client_is_enough_for_handles_to_display() -> None:
    program = (
        "from submarine_jupyter import ExperimentClient\n"
        "from submarine_jupyter.client import display\n"
        "print(display._hook.__module__)"
    )
    hook = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert hook == "submarine_jupyter.widgets\n"
