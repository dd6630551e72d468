"""Values of the notebook's variables in specs, flags and programs."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from submarine_jupyter.errors import UsageError
from submarine_jupyter.magics.interpolation import into_program, into_text

from .conftest import Kernel

VALUES: dict[str, Any] = {"lr": 0.1, "name": "a run", "n": 3, "many": [1, {"a": None}], "f": ast}


def program(source: str, first_line: int = 2) -> str:
    parsed = ast.parse("\n" * (first_line - 1) + source)
    return into_program(source, parsed, first_line, VALUES)


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("name: {{name}}, {{ n }}", "name: a run, 3"),
        ("{{unknown}} {name} {{{n}}} {{n.x}} {{}}", "{{unknown}} {name} {3} {{n.x}} {{}}"),
        ("{'a': {'b': 1}}", "{'a': {'b': 1}}"),
    ],
)
def test_text(given: str, filled: str) -> None:
    assert into_text(given, VALUES) == filled


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
    assert "meta.name: '{{run_name}}' is no valid name" in ran.error
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
