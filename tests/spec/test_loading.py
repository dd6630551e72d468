"""Where a field stands in the text of a spec."""

from __future__ import annotations

import json

import pytest

from submarine_jupyter.errors import SpecError, UsageError
from submarine_jupyter.spec.loading import line_of, load_documents

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


def test_documents_know_where_their_parts_stand() -> None:
    first, second = load_documents('---\nmeta: {name: a}\n---\n{"meta":\n\t{"name": "b"}}\n---\n')
    assert first.value == {"meta": {"name": "a"}}
    assert str(first.place("meta.name")) == "line 2, column 8"
    assert second.value == {"meta": {"name": "b"}}
    assert str(second.place("meta.name")) == "line 5, column 3"
    assert str(second.place("meta.framework")) == "line 4, column 2"
    assert second.place("spec") is None


def test_values_are_filled_in_where_they_stand() -> None:
    def fill(text: str, is_plain: bool) -> object:
        return 3 if text == "N" and is_plain else text

    (document,) = load_documents("a: &x N\nb: 'N'\nc: [*x, {N: N}]\n", fill)
    assert document.value == {"a": 3, "b": "N", "c": [3, {3: 3}]}
    assert str(document.place("a")) == "line 1, column 1"


def test_what_cannot_be_filled_in_is_told_at_once() -> None:
    def fill(text: str, is_plain: bool) -> object:
        if text.startswith("?"):
            raise UsageError(f"{text[1:]} is unknown")
        return text

    with pytest.raises(SpecError) as caught:
        load_documents("a: '?x'\nb:\n  c: '?y'\n", fill)
    assert str(caught.value).splitlines() == [
        "line 1, column 4: x is unknown",
        "line 3, column 6: y is unknown",
    ]


def test_a_key_that_is_given_twice_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        load_documents("meta: {a: 1, a: 2}\nspec: [{b: 1, b: 1}]\nmeta: 3\n")
    assert str(caught.value).splitlines() == [
        "line 1, column 14: a is given twice; keep one of them",
        "line 2, column 15: b is given twice; keep one of them",
        "line 3, column 1: meta is given twice; keep one of them",
    ]


def test_aliases_of_aliases_take_no_time() -> None:
    levels = ["a0: &a0 [x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (document,) = load_documents("\n".join(levels), lambda text, _: text)
    assert document.value["a0"] == ["x"]
