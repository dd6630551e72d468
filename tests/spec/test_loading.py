"""Where a field stands in the text of a spec."""

from __future__ import annotations

import json

import pytest

from submarine_jupyter.spec.loading import line_of

TEXT = """\
# A comment.
meta:
  name: a
  envVars: {a.b: "1"}
  tags:
    - one
    - two
spec:
  Worker:
    resources: >
      cpu=1,
      memory=1G
  1: &ps
    replicas: 1
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("meta", 2),
        ("meta.name", 3),
        ("meta.envVars.a.b", 4),
        ("meta.tags.1", 7),
        ("meta.tags.2", 5),
        ("spec.Worker.resources", 10),
        ("spec.Worker.replicas", 9),
        ("spec.1.replicas", 14),
        ("spec.Work", 8),
        ("environment", None),
        ("", None),
    ],
)
def test_lines(field: str, line: int | None) -> None:
    assert line_of(TEXT, field) == line


def test_lines_of_json() -> None:
    text = json.dumps({"meta": {"name": "a"}, "spec": {"Ps": {"replicas": 0}}}, indent="\t")
    assert line_of(text, "spec.Ps.replicas") == 7


@pytest.mark.parametrize("text", ["", "a: [", "just a text", "[" * 5000])
def test_what_is_no_mapping_has_no_lines(text: str) -> None:
    assert line_of(text, "a.b") is None
