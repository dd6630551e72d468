"""The embedded experiment server, for real: started by a submit, watched, killed, started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from tornado.httpclient import HTTPResponse

from submarine_jupyter import launch
from tests.faults.traces import kill_server

from .conftest import Fetch, Page
from .test_proxy import assert_error

OpenPage = Callable[[], Awaitable[Page]]

pytestmark = pytest.mark.usefixtures("data_dir")


def spec(lines: int = 3, pause: float = 0.0, until: Path | None = None) -> dict[str, Any]:
    """Return the spec of an experiment that prints numbers, and runs on until there is a file."""
    program = (
        f"import os, time; [print(i, flush=True) or time.sleep({pause}) for i in range({lines})]"
    )
    if until is not None:
        program += f"; [time.sleep(0.02) for _ in iter(lambda: os.path.exists('{until}'), True)]"
    return {
        "meta": {"name": "count", "framework": "PyTorch", "cmd": f'python -c "{program}"'},
        "environment": {},
        "spec": {"Master": {"replicas": 1, "resources": "cpu=1,memory=100M"}},
    }


@pytest.fixture
def extension_config() -> dict[str, Any]:
    return {"request_timeout": 5.0}


async def submit(
    fetch: Fetch, lines: int = 3, pause: float = 0.0, until: Path | None = None
) -> str:
    answer = await fetch("api/v1/experiment", "POST", body=spec(lines, pause, until))
    assert answer.code == 200, answer.body
    experiment_id: str = json.loads(answer.body)["result"]["experimentId"]
    return experiment_id


class Watcher:
    """Collects what a page is sent about one experiment."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines: list[str] = []
        self.cursor: str | None = None
        self.statuses: list[str] = []
        self.errors: list[str] = []
        self.end: str | None = None

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():
            message = await self.page.hear()
            data = message["data"]
            self.cursor = message["cursor"] or self.cursor
            match message["event"]:
                case "log":
                    assert int(data["offset"]) == sum(len(line) + 1 for line in self.lines)
                    self.lines += data["lines"]
                case "status":
                    self.statuses.append(data["status"])
                case "end":
                    self.end = data["status"]
                case "error":
                    assert data["retry"] is True
                    self.errors.append(data["code"])

    async def until_end(self) -> None:
        await self.until(lambda: self.end is not None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "api/v1/experiment"),
        ("GET", "upstreams/embedded/api/v1/info"),
        ("DELETE", "api/v1/experiment/e-1"),
        ("POST", "api/v1/experiment/e-1/stop"),
        ("PATCH", "api/v1/experiment/e-1"),
    ],
)
async def test_nothing_but_a_submit_starts_it(fetch: Fetch, method: str, path: str) -> None:
    answer = await fetch(path, method)
    assert answer.code == 503
    assert "Submit" in assert_error(answer.body, 503, "NotStarted")
    assert launch.find() is None


async def test_submit_starts_it(fetch: Fetch) -> None:
    async def state() -> dict[str, Any]:
        answer = await fetch("info")
        embedded: dict[str, Any] = json.loads(answer.body)["upstreams"]["embedded"]
        return embedded

    assert (await state())["state"] == "stopped"
    ids = await asyncio.gather(*(submit(fetch) for _ in range(3)))
    server = launch.find()
    assert server is not None
    listed = await fetch("api/v1/experiment")
    assert {one["experimentId"] for one in json.loads(listed.body)["result"]} == set(ids)
    assert server.token is not None
    assert server.token.encode() not in listed.body
    running = await state()
    assert (running["state"], running["server"]) == ("connected", server.server_id)
    await asyncio.to_thread(launch.stop)
    stopped = await state()
    assert (stopped["state"], stopped["server"]) == ("stopped", server.server_id)


async def test_submit_under_one_key_is_one_experiment(fetch: Fetch) -> None:
    headers = {"Idempotency-Key": "the-key"}
    answers: list[HTTPResponse] = [
        await fetch("api/v1/experiment", "POST", body=spec(), headers=headers) for _ in range(2)
    ]
    ids = {json.loads(answer.body)["result"]["experimentId"] for answer in answers}
    assert len(ids) == 1


async def test_submit_after_a_crash_starts_it_again(fetch: Fetch, data_dir: Path) -> None:
    first = await submit(fetch)
    before = launch.find()
    assert before is not None
    kill_server(data_dir)
    second = await submit(fetch)
    after = launch.find()
    assert after is not None
    assert after.pid != before.pid
    assert after.token != before.token
    assert first != second
    assert (await fetch(f"api/v1/experiment/{first}")).code == 200


async def test_server_that_hangs_is_told_as_such(fetch: Fetch) -> None:
    await submit(fetch)
    server = launch.find()
    assert server is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        answer = await fetch("api/v1/experiment")
        assert "in time" in assert_error(answer.body, 502, "Unreachable")
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert (await fetch("api/v1/experiment")).code == 200


async def test_a_run_is_watched_from_start_to_end(fetch: Fetch, open_page: OpenPage) -> None:
    experiment_id = await submit(fetch, lines=30, pause=0.01)
    watcher = Watcher(await open_page())
    await watcher.page.say(op="subscribe", id="1", experiment=experiment_id)
    await watcher.until_end()
    assert watcher.lines == [str(number) for number in range(30)]
    assert watcher.statuses[-1] == watcher.end == "Succeeded"
    assert watcher.errors == []


async def test_another_page_goes_on_at_the_cursor(fetch: Fetch, open_page: OpenPage) -> None:
    experiment_id = await submit(fetch, lines=100, pause=0.02)
    watcher = Watcher(await open_page())
    await watcher.page.say(op="subscribe", id="1", experiment=experiment_id)
    await watcher.until(lambda: len(watcher.lines) >= 10)
    watcher.page.socket.close()
    watcher.page = await open_page()
    await watcher.page.say(op="subscribe", id="1", experiment=experiment_id, after=watcher.cursor)
    await watcher.until_end()
    assert watcher.lines == [str(number) for number in range(100)]


async def test_tail_gives_the_last_lines(fetch: Fetch, open_page: OpenPage) -> None:
    experiment_id = await submit(fetch, lines=50)
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment=experiment_id)
    while (await page.hear())["event"] != "end":
        pass
    await page.say(op="subscribe", id="2", experiment=experiment_id, tail=5)
    lines: list[str] = []
    while (message := await page.hear())["event"] != "end":
        if message["event"] == "log":
            lines += message["data"]["lines"]
    assert lines == ["45", "46", "47", "48", "49"]


async def test_all_experiments_are_watched(fetch: Fetch, open_page: OpenPage) -> None:
    first = await submit(fetch)
    page = await open_page()
    await page.say(op="subscribe", id="all", experiment="*")
    seen: set[str] = set()
    second = None
    while not {first, second} <= seen:
        message = await page.hear()
        if message["event"] == "status":
            seen.add(message["data"]["experimentId"])
        if second is None and first in seen:
            second = await submit(fetch)
    assert (await fetch(f"api/v1/experiment/{first}", "DELETE")).code == 200
    while message["event"] != "deleted":
        message = await page.hear()
    assert message["data"]["experimentId"] == first


async def test_unknown_experiment(fetch: Fetch, open_page: OpenPage) -> None:
    await submit(fetch)
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="experiment-1-0001")
    data = (await page.hear())["data"]
    assert (data["code"], data["retry"]) == ("NotFound", False)


async def test_a_page_waits_for_the_server_to_be_started(fetch: Fetch, open_page: OpenPage) -> None:
    page = await open_page()
    await page.say(op="subscribe", id="all", experiment="*")
    data = (await page.hear())["data"]
    assert (data["code"], data["retry"]) == ("NotStarted", True)
    assert await page.hears_nothing(1.5)
    assert launch.find() is None
    experiment_id = await submit(fetch)
    assert (await page.hear())["event"] == "connected"
    message = await page.hear()
    assert message["event"] == "status"
    assert message["data"]["experimentId"] == experiment_id


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_every_line_once_while_the_server_dies_and_comes_back(
    fetch: Fetch, open_page: OpenPage, tmp_path: Path, end: signal.Signals
) -> None:
    experiment_id = await submit(fetch, lines=150, pause=0.03, until=tmp_path / "enough")
    watcher = Watcher(await open_page())
    await watcher.page.say(op="subscribe", id="1", experiment=experiment_id)
    for part in (10, 60):
        await watcher.until(lambda part=part: len(watcher.lines) >= part)  # type: ignore[misc]
        server = launch.find()
        assert server is not None
        process = psutil.Process(server.pid)
        process.send_signal(end)
        await watcher.until(lambda: bool(watcher.errors))
        await asyncio.to_thread(process.wait, 10)  # told to end, it runs a moment longer
        restarted = await asyncio.to_thread(launch.ensure)
        assert restarted.pid != server.pid
        assert set(watcher.errors) <= {"NotStarted", "Unreachable"}
        watcher.errors.clear()
    (tmp_path / "enough").touch()
    await watcher.until_end()
    assert watcher.lines == [str(number) for number in range(150)]
    assert watcher.end == "Succeeded"


async def test_files_pass_with_ranges(fetch: Fetch, open_page: OpenPage) -> None:
    experiment_id = await submit(fetch, lines=100)
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment=experiment_id)
    while (await page.hear())["event"] != "end":
        pass
    pods = json.loads((await fetch(f"api/v1/experiment/{experiment_id}/pods")).body)["result"]
    log = f"api/v1/experiment/{experiment_id}/pods/{pods[0]['name']}/log"
    whole = await fetch(log)
    assert whole.body == "".join(f"{number}\n" for number in range(100)).encode()
    part = await fetch(log, headers={"Range": "bytes=10-19"})
    assert (part.code, part.body) == (206, whole.body[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.body)}"
