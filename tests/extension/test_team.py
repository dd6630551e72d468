"""The extension before a team's server: TLS by an authority of its own, a token that only reads."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.api import experiment, python
from tests.server.teams import ALICE, BOB, Team, team_server, write

from .conftest import Fetch, Page


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_server(tmp_path_factory.mktemp("team")) as team:
        yield team


@pytest.fixture
def extension_config(team: Team, tmp_path: Path) -> dict[str, Any]:
    upstreams = {}
    for name, token in (("alice", ALICE), ("bob", BOB)):
        token_file = write(tmp_path / name, f"{token}\n")
        upstreams[name] = {
            "url": team.api.server.url,
            "token_file": str(token_file),
            "ca_file": str(team.ca),
        }
    upstreams["stranger"] = {"url": team.api.server.url, "token_file": str(token_file)}
    return {"upstreams": upstreams, "default_upstream": "alice", "request_timeout": 5.0}


async def test_a_writer_submits_and_a_reader_watches(
    fetch: Fetch, open_page: Callable[[], Awaitable[Page]]
) -> None:
    spec = experiment(python("print('over TLS')"))
    created = await fetch("api/v1/experiment", "POST", body=spec)
    assert created.code == 200, created.body
    identity = json.loads(created.body)["result"]["experimentId"]
    page = await open_page()
    await page.say(op="subscribe", id="1", upstream="bob", experiment=identity)
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["event"] != "end":
        heard.append(await page.hear())
    logs = [one["data"] for one in heard if one["event"] == "log"]
    assert [line for log in logs for line in log["lines"]] == ["over TLS"]
    said = [one["data"]["message"] for one in heard if one["event"] == "event"]
    assert "submitted by alice" in said


async def test_a_reader_is_refused_in_the_servers_words(fetch: Fetch) -> None:
    answer = await fetch("upstreams/bob/api/v1/experiment", "POST", body=experiment("true"))
    assert answer.code == 403
    assert "bob may only read here" in json.loads(answer.body)["message"]


async def test_the_page_is_told_what_each_token_allows(fetch: Fetch) -> None:
    states = json.loads((await fetch("info")).body)["upstreams"]
    roles = {name: states[name]["role"] for name in ("alice", "bob", "stranger")}
    assert roles == {"alice": "writer", "bob": "reader", "stranger": None}


async def test_without_the_authority_it_says_what_to_set(fetch: Fetch) -> None:
    answer = await fetch("upstreams/stranger/api/v1/experiment")
    assert answer.code == 502
    assert "set ca_file" in json.loads(answer.body)["message"]
