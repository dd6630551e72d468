"""Functions as programs: what travels with them, and what is refused."""

from __future__ import annotations

import logging
import math
import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from submarine_jupyter.client.functions import program_of
from submarine_jupyter.client.values import literal
from submarine_jupyter.errors import CannotTravel, UsageError
from submarine_jupyter.spec.program import encode_cell

from . import trainings


def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """Run a function as a program, in another process and directory; returns what it prints."""
    source = program_of(function, args, kwargs)
    words = encode_cell(source.text, source.filename).split()
    done = subprocess.run(
        [sys.executable, "-I", *words[1:]], capture_output=True, text=True, cwd="/", check=False
    )
    return done.stdout + done.stderr


def test_everything_that_travels() -> None:
    assert run(trainings.everything, 0.5, "ü\n'", epochs=2, more={"a": [1]}).splitlines() == [
        "calling everything",
        '[0.5, ["\\u00fc\\n\'"], 2, {"more": {"a": [1]}}, ["a"], 1, 2]',
        "0.1 (1, inf) [None, True, {'a'}] 3.0 12.0 a/b",
    ]


def test_the_program_reads_well() -> None:
    source = program_of(trainings.remembers, (), {})
    assert source.text == (
        "from __future__ import annotations\n\n\n"
        "def remembers() -> None:\n"
        "    global memory  # noqa: PLW0603 - that is the point\n"
        "    memory = 3\n"
        "    print(memory, __name__, sorted([2, 1]))\n\n"
        'if __name__ == "__main__":\n'
        "    remembers()\n"
    )
    assert source.filename == "remembers()"
    assert run(trainings.remembers) == "3 __main__ [1, 2]\n"


def test_other_kinds_of_functions() -> None:
    assert run(trainings.asynchronous, "done") == "done\n"
    assert run(trainings.cached, 1) == "2\n"
    assert run(trainings.made(2, [1]), 3) == "5 [1]\n"
    assert run(partial(partial(trainings.made(2), 3))) == "5 None\n"
    assert (
        run(partial(trainings.everything, 0.5, epochs=1), epochs=9)
        .splitlines()[1]
        .startswith("[0.5, [], 9")
    )
    # What is installed is imported.
    assert "from textwrap import dedent" in program_of(dedent, (" a",), {}).text


def test_a_traceback_shows_the_lines() -> None:
    shown = run(trainings.failing, 7)
    assert 'File "failing()", line 8' in shown
    assert "    raise ValueError(number)" in shown
    assert shown.endswith("ValueError: 7\n")


@pytest.mark.parametrize(
    ("function", "args", "says"),
    [
        (trainings.locks, (), "LOCK: a _thread.lock cannot travel with locks(); make it inside"),
        (trainings.buffers, (), "BUFFER: a _io.StringIO cannot travel with buffers(); make it"),
        (trainings.lacks, (), "nowhere: lacks() uses it, and it is not defined; define it first"),
        (trainings.hoards, (), "HUGE: takes 200,002 characters"),
        (trainings.authenticates, (), "API_TOKEN: is taken for a secret by its name, and whoever"),
        (trainings.generates, (), "generates: is a generator"),
        (trainings.counting(), (), "inner: cannot stand by itself"),
        (trainings.made(1, object()), (1,), "thing: a object cannot travel with inner()"),
        (trainings.helper, (object(),), "number: a object cannot travel as an argument; make it"),
        (trainings.helper, (trainings.Model,), "number: a type cannot travel as an argument"),
        (trainings.helper, (), "helper(): missing a required argument: 'number'"),
        (trainings.helper, (1, 2), "helper(): too many positional arguments"),
        (lambda: 1, (), "lambda: has no source of its own; write it as a def"),
        (trainings.Model().scaled, (1,), "Base.scaled: is a method, not a function; write a def"),
        (trainings.Model, (), "Model: is a type, not a function; write a def that uses it"),
        (print, (), "print: is a builtin_function_or_method, not a function"),
    ],
)
def test_what_cannot_travel(function: Any, args: tuple[Any, ...], says: str) -> None:
    with pytest.raises(CannotTravel) as caught:
        program_of(function, args, {})
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.name == says.partition(":")[0]
    assert isinstance(caught.value, UsageError)


def test_a_function_without_source() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec("def typed(): pass", names)
    with pytest.raises(CannotTravel, match="typed: has no source that can be found; define it in"):
        program_of(names["typed"], (), {})


def test_one_name_for_two_things() -> None:
    limit = 1

    def first() -> int:
        return limit

    def second() -> Any:
        limit = 2

        def inner() -> int:
            return first() + limit

        return inner

    with pytest.raises(CannotTravel, match="limit: means two different things in what inner"):
        program_of(second(), (), {})


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -1,
        10**30,
        0.1,
        -math.inf,
        "a'b\"\n\\ü\x00",
        b"\x00\xff",
        [1, [2]],
        (),
        (1,),
        ("a", (2, 3)),
        {"a": {1: None}},
        {1, 2},
        set(),
        frozenset({"a"}),
        {"a": Path("b/c d")},
        re.compile("a+", re.IGNORECASE),
        logging.getLogger("a.b"),
    ],
)
def test_literals(value: object) -> None:
    written = literal(value)
    assert written is not None
    assert eval(written) == value


def test_literals_of_subclasses() -> None:
    assert literal(OrderedDict(a=1)) == "{'a': 1}"
    assert literal(HTTPStatus.OK) == "200"
    assert literal(float("nan")) == "float('nan')"
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    for value in (cyclic, object(), 1j, [object()], {"a": object()}):
        assert literal(value) is None
