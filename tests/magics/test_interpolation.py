"""Values of the notebook's variables in specs, flags and programs."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import Any

import pytest

from submarine_jupyter.errors import SpecError, UsageError
from submarine_jupyter.spec.interpolation import (
    Marked,
    Values,
    into_program,
    into_words,
)
from submarine_jupyter.spec.loading import load_documents
from submarine_jupyter.spec.places import escaped

from .conftest import Kernel

VALUES: dict[str, Any] = {
    "lr": 0.1,
    "name": "a run",
    "n": 3,
    "yes": True,
    "many": [1, {"a": None}],
    "f": ast,
    "tricky": "b: c # {d}",
    "digits": "007",
    "path": PurePosixPath("/b/c"),
}


def program(source: str, first_line: int = 2) -> str:
    parsed = ast.parse("\n" * (first_line - 1) + source)
    return into_program(source, parsed, first_line, Values(VALUES))


def spec(source: str) -> dict[str, object]:
    marked = Marked(source)
    (document,) = load_documents(marked.text, marked.filler(Values(VALUES)))
    return document.value


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--name {{name}} -n {{ n }}", ["--name", "a run", "-n", "3"]),
        ("x={{many[1]['a']}} '{{ many[0] }} {n}'", ["x=None", "1 {n}"]),
        ("{name} {{{n}}} {{}} {{n+1}} $n", ["{name}", "{3}", "{{}}", "{{n+1}}", "$n"]),
        (r"'\{{n}}' {{path.name}}", ["{{n}}", "c"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert into_words(line, Values(VALUES)) == words


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("a: {{n}}", 3),
        ("a: {{ lr }}", 0.1),
        ("a: {{many}}", [1, {"a": None}]),
        ("a: {{tricky}}", "b: c # {d}"),
        ("a: '{{n}}'", "3"),
        ('a: "{{n}}"', "3"),
        ("a: {{yes}}", True),
        ("a: echo {{tricky}} {{n}}", "echo b: c # {d} 3"),
        ("a: |\n  x {{n}}\n  y", "x 3\ny"),
        ("a: {{digits}}", "007"),
        (r"a: '\{{n}} {n}'", "{{n}} {n}"),
        ("a: {{path}}", "/b/c"),
        ('{"a": {{n}}}', 3),
        ("a: &x {{n}}\nb: *x", 3),
        ("# {{nothing}}\na: 1", 1),
    ],
)
def test_specs(given: str, value: object) -> None:
    assert spec(given)["a"] == value


def test_keys_and_anchors() -> None:
    assert spec("a: {k: &x {{n}}, {{digits}}: *x}") == {"a": {"k": 3, "007": 3}}


def test_a_whole_number_of_numpy_is_a_number() -> None:
    numpy = pytest.importorskip("numpy")
    filled = Marked("a: {{n}}")
    values = Values({"n": numpy.int64(3)})
    (document,) = load_documents(filled.text, filled.filler(values))
    assert document.value == {"a": 3}
    assert type(document.value["a"]) is int


def test_problems_of_a_spec_come_at_once_with_their_places() -> None:
    with pytest.raises(SpecError) as caught:
        spec("a: {{nothing}}\nb: {c: {{naem}}, d: {{n[0]}}}\ne: x {{many}}\nf: {{f}}")
    lines = str(caught.value).splitlines()
    assert lines == [
        (
            "line 1, column 4: {{nothing}}: this notebook has no variable nothing; "
            "define it in a cell above"
        ),
        "line 2, column 8: {{naem}}: this notebook has no variable naem; did you mean name?",
        "line 2, column 21: {{n[0]}}: n, a int, has no [0]",
        "line 3, column 4: {{many}}: a list cannot stand inside a text; use a number or a text",
        (
            "line 4, column 4: {{f}}: a module cannot be written into a spec; "
            "use a number, a text, or a list or dict of them"
        ),
    ]


@pytest.mark.parametrize("text", ["{{n}}", "a {{n}} {n} {{}} {{n + 1}}", r"\{{n}}"])
def test_escaped_texts_come_back(text: str) -> None:
    marked = Marked(escaped(text))
    assert marked.fill(marked.text, Values({})) == text


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("x = {{lr}}", "x = 0.1"),
        (
            "s = 'ü'; print({{ name }}, {{n}})\ny = {{many}}",
            "s = 'ü'; print('a run', 3)\ny = [1, {'a': None}]",
        ),
        ("print(f'{{name}}', '{{n}}', {n for n in [1]}, {1})", None),
        ('text = """\n{{name}}\n"""', None),
        ("x = {{\n lr}}", None),
        ("x = [{{many[0]}}, {{path}}, {{f.Set.__name__}}]", "x = [1, '/b/c', 'Set']"),
    ],
)
def test_program(given: str, filled: str | None) -> None:
    assert program(given) == (given if filled is None else filled)
    assert program(given, 5) == (given if filled is None else filled)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("x = {{nothing}}", "this notebook has no variable nothing"),
        ("x = {{f}}", "a module cannot be written into a program"),
    ],
)
def test_what_cannot_be_filled_in(given: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        program(given)


def test_in_a_kernel(kernel: Kernel) -> None:
    kernel.run("rate, label, workers = 0.25, 'it\\'s', 2")
    ran = kernel.run("%%submarine experiment --wait --name {{run_name}}\nprint('x')")
    assert ran.error is not None
    assert "{{run_name}}: this notebook has no variable run_name" in ran.error
    ran = kernel.run(
        "%%submarine experiment --wait --replicas Worker={{workers}}\n"
        "print({{rate}} * 2, {{label}}, f'{{rate}}', '{{label}}')"
    )
    assert ran.error is None
    assert kernel.run("%submarine logs").text.count("0.5 it's {rate} {{label}}") == 2
    ran = kernel.run(
        "%%submarine experiment --wait\n"
        "meta: {name: filled, framework: TensorFlow, cmd: echo rate {{rate}}}\n"
        "environment: {}\n"
        "spec: {Worker: {replicas: {{workers}}, resources: 'cpu=1,memory=64M'}}"
    )
    assert ran.error is None
    assert kernel.run("%submarine logs").text.count("rate 0.25") == 2
