"""Texts that would harm a page or a terminal travel unchanged, as nothing but text."""

from __future__ import annotations

import json

from .api import Api, experiment, python

ATTACKS = [
    "</script><script>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    "\x1b]52;c;Y2FsYw==\x07 writes to the clipboard",
    "\x1b]0;title\x1b\\ sets the title",
    "\x1b[2J\x1b[H clears the screen",
    "event: end",
    "data: {}",
    'id: 1!9999\u2028data: {"status": "Failed"}',
    '", "pods": [{"x": "',
    "\u202egnirts\u202c \x00 \x7f \x85",
]
NAMES = ["name", "</script>", '<img src=x onerror="alert(1)">', "a\u2028b"]


def test_lines_tags_and_errors_pass_as_they_are(api: Api) -> None:
    source = (
        f"import json, sys\nfor text in json.loads({json.dumps(ATTACKS)!r}):"
        " sys.stdout.buffer.write(text.encode() + b'\\n')\nsys.exit(3)"
    )
    spec = experiment(python(source))
    spec["meta"]["tags"] = NAMES
    identity = api.create(spec)
    records = list(api.follow(identity))
    assert [text for record in records for text in record.data.get("lines", [])] == ATTACKS
    assert [record.event for record in records].count("end") == 1
    assert records[-1].data == {"status": "Failed"}
    statuses = [record.data for record in records if record.event == "status"]
    assert statuses[-1]["spec"]["meta"]["tags"] == NAMES
    again = list(api.follow(identity, after=records[-2].cursor))
    assert [text for record in again for text in record.data.get("lines", [])] == []
    raw = api.call("GET", f"api/v1/experiment/{identity}/stream")
    assert raw.headers["Content-Type"].startswith("text/event-stream")
    assert raw.text.count("\nevent: end") == 1
