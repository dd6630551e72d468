"""`logs`: lines, prefixes, following, and readers that go away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..server.api import Api, experiment, python
from .conftest import MODULE, TIMEOUT, Run, in_terminal

LINES = python("import os; [print('line', n, os.environ['SUBMARINE_INDEX']) for n in range(3)]")
SLEEP = python("import time; print('begun', flush=True); time.sleep(600)")


@pytest.fixture
def ended(api: Api) -> str:
    """Return an experiment of two workers that has succeeded."""
    ident = api.create(experiment(LINES, Worker=2))
    assert api.wait_for_end(ident) == "Succeeded"
    return ident


@pytest.fixture
def endless(api: Api) -> Iterator[str]:
    """Yield an experiment that says one line and goes on."""
    ident = api.create(experiment(SLEEP))
    api.wait_for(ident, "Running")
    yield ident
    api.call("DELETE", f"api/v1/experiment/{ident}")


def test_lines_of_pods(run: Run, ended: str) -> None:
    ran = run("logs", ended)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"worker-{index} | line {n} {index}" for index in (0, 1) for n in range(3)
    ]
    assert ran.err == ""
    one = run("logs", ended, "--pod", "worker-1", "--tail", "2")
    assert one.out == "line 1 1\nline 2 1\n"
    assert run("logs", ended, "--no-prefix", "--tail", "1").out == "line 2 0\nline 2 1\n"
    assert run("logs", ended, "--tail", "0").out == ""


def test_prefixes_are_of_one_width(run: Run, api: Api) -> None:
    ident = api.create(experiment("echo said", Worker=11))
    api.wait_for_end(ident)
    lines = run("logs", ident).out.splitlines()
    assert lines[::10] == ["worker-0  | said", "worker-10 | said"]


def test_json_lines(run: Run, ended: str) -> None:
    for options in ([], ["-f"]):
        said = run("logs", ended, "--json", "--pod", "worker-1", *options).out.splitlines()
        assert [json.loads(line) for line in said] == [
            {"pod": f"{ended}-worker-1", "line": f"line {n} 1"} for n in range(3)
        ]


def test_a_file_gets_what_was_written_and_a_terminal_only_colours(run: Run, api: Api) -> None:
    text = "10%\\r\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07end"
    ident = api.create(experiment(python(f"print('{text}')")))
    api.wait_for_end(ident)
    assert run("logs", ident).out == "10%\r\x1b[31mred\x1b[0m \x1b]0;title\x07end\n"
    assert in_terminal("logs", ident).out == "\x1b[31mred\x1b[0m end\x1b[0m\n"


def test_prefixes_have_colours_in_a_terminal_that_wants_them(
    ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = in_terminal("logs", ended).out.splitlines()
    assert lines[0] == "\x1b[36mworker-0 | \x1b[0mline 0 0"
    assert lines[-1] == "\x1b[35mworker-1 | \x1b[0mline 2 1"
    monkeypatch.setenv("NO_COLOR", "1")
    assert in_terminal("logs", ended).out.splitlines()[0] == "worker-0 | line 0 0"


def test_following_to_a_good_end(run: Run, api: Api) -> None:
    source = "import time\nfor n in range(5): print(n, flush=True); time.sleep(0.1)"
    ran = run("logs", "-f", api.create(experiment(python(source))))
    assert (ran.code, ran.out, ran.err) == (0, "0\n1\n2\n3\n4\n", "")


def test_following_to_a_bad_end(run: Run, api: Api) -> None:
    ident = api.create(experiment(python("print('said'); raise SystemExit(5)")))
    ran = run("logs", "-f", ident)
    assert (ran.code, ran.out) == (3, "said\n")
    assert ran.err == (f"submarine-jupyter: {ident} ended Failed: worker-0 exited with code 5\n")
    # What has been before is no failure of a command that only looks.
    assert run("logs", ident).code == 0


def test_an_unknown_pod_is_named(run: Run, ended: str) -> None:
    ran = run("logs", ended, "--pod", "boss-0")
    assert ran.code == 2
    assert "'boss-0' is none of" in ran.err
    assert run("logs", ended, "--tail", "-1").code == 2


def test_an_interrupt_leaves_the_run_alone(api: Api, endless: str) -> None:
    process = subprocess.Popen(
        [*MODULE, "logs", "-f", endless],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    assert out == ""
    assert err == (
        f"submarine-jupyter: {endless} goes on; `submarine-jupyter logs -f {endless}` follows it, "
        f"`submarine-jupyter cancel {endless}` ends it\n"
    )
    assert api.status(endless) == "Running"


@pytest.mark.parametrize("command", ["logs", "logs -f", "logs --json"])
def test_a_reader_that_goes_away_ends_it_quietly(command: str, api: Api, tmp_path: Path) -> None:
    ident = api.create(experiment(python("[print('x' * 100, n) for n in range(20_000)]")))
    api.wait_for_end(ident)
    errors = tmp_path / "errors"
    with errors.open("w") as err:
        process = subprocess.Popen(
            [*MODULE, *command.split(), ident], stdout=subprocess.PIPE, stderr=err
        )
        assert process.stdout is not None
        os.read(process.stdout.fileno(), 10)
        process.stdout.close()
        assert process.wait(TIMEOUT) == 141
    assert errors.read_text() == ""
