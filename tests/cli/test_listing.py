"""`list`: which experiments it shows, and how."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from submarine_jupyter import launch

from ..server.api import Api, experiment
from .conftest import Run, in_terminal

HEADINGS = ["Id", "Name", "Status", "Framework", "Age", "Duration"]


def create(api: Api, name: str, framework: str = "TensorFlow", tags: tuple[str, ...] = ()) -> str:
    spec = experiment("true", framework)
    spec["meta"] |= {"name": name, "tags": list(tags)}
    return api.create(spec)


@pytest.fixture
def three(api: Api) -> list[str]:
    """Return three experiments that have ended, the newest first."""
    if not (found := api.result("GET", "api/v1/experiment")):
        create(api, "first", tags=("a",))
        create(api, "second", "PyTorch", tags=("a", "b"))
        create(api, "third")
        found = api.result("GET", "api/v1/experiment")
    ids = [str(entry["experimentId"]) for entry in found][::-1]
    for ident in ids:
        api.wait_for_end(ident)
    return ids


def shown(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()[1:]]


def test_the_newest_come_first(run: Run, three: list[str]) -> None:
    ran = run("list")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == HEADINGS
    assert shown(ran.out) == three
    ident, name, status, framework, *times = re.split(" {2,}", lines[2])
    assert (ident, name, status, framework) == (three[1], "second", "Succeeded", "PyTorch")
    assert len(times) == 2
    assert ran.err == ""
    assert "\x1b" not in ran.out
    assert lines == [line.rstrip() for line in lines]


def test_it_says_how_many_more_there_are(run: Run, three: list[str]) -> None:
    ran = run("list", "--limit", "1")
    assert shown(ran.out) == three[:1]
    assert ran.err == "2 more; --all shows them, --limit N the newest N\n"
    everything = run("list", "--all")
    assert shown(everything.out) == three
    assert everything.err == ""


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (["--name", "IR"], [0, 2]),
        (["--tag", "a"], [1, 2]),
        (["--framework", "pytorch"], [1]),
        (["--status", "succeeded"], [0, 1, 2]),
        (["--tag", "a", "--framework", "TensorFlow"], [2]),
    ],
)
def test_filters(filters: list[str], numbers: list[int], run: Run, three: list[str]) -> None:
    assert shown(run("list", *filters).out) == [three[number] for number in numbers]


def test_json_is_what_the_api_answers(run: Run, api: Api, three: list[str]) -> None:
    query = {"order": "desc", "limit": "2", "view": "summary"}
    answered = api.result("GET", "api/v1/experiment", params=query)
    assert run("list", "--json", "--limit", "2").json == answered
    assert [entry["experimentId"] for entry in answered] == three[:2]
    assert run("list", "--json", "--tag", "none").json == []


def test_when_none_fit(run: Run, three: list[str]) -> None:
    ran = run("list", "--status", "Running")
    assert (ran.code, ran.out, ran.err) == (0, "", "No experiments fit.\n")


def test_before_any_server_it_is_empty_and_starts_none(run: Run, tmp_path: Path) -> None:
    ran = run("list", "--data-dir", str(tmp_path / "new"))
    assert (ran.code, ran.out, ran.err) == (0, "", "No experiments yet.\n")
    assert launch.find(tmp_path / "new") is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--status", "done"], "--status: 'done' is no status; use one of Accepted"),
        (["--limit", "0"], "argument --limit: '0' is too few"),
        (["--limit", "3", "--all"], "not allowed with"),
        (["--stat", "Running"], "unrecognized arguments: --stat"),
    ],
)
def test_wrong_calls(arguments: list[str], says: str, run: Run, three: list[str]) -> None:
    ran = run("list", *arguments)
    assert ran.code == 2
    assert says in ran.err


def test_a_narrow_terminal_gets_fewer_columns(three: list[str]) -> None:
    for columns, headings in ((100, HEADINGS), (70, [*HEADINGS[:3], *HEADINGS[4:]])):
        lines = in_terminal("list", columns=columns).out.splitlines()
        assert lines[0].replace("\x1b[1m", "").replace("\x1b[0m", "").split() == headings
        assert len(lines) == 4
    # Ids are never cut.
    assert all(ident in in_terminal("list", columns=20).out for ident in three)


def test_colours_are_for_terminals_that_want_them(
    three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[32mSucceeded\x1b[0m" in in_terminal("list").out
    monkeypatch.setenv("NO_COLOR", "1")
    plain = in_terminal("list").out
    assert "Succeeded" in plain
    assert "\x1b" not in plain
