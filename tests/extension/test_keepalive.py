"""Activity: experiments that run keep Jupyter alive, those who watch do not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_server.serverapp import ServerApp

from submarine_jupyter import launch
from submarine_jupyter.errors import ServerUnavailable
from submarine_jupyter.extension import keepalive
from submarine_jupyter.extension.keepalive import KeepAlive
from submarine_jupyter.extension.settings import EMBEDDED

from .conftest import Fetch, Page
from .test_app import extension_of
from .test_embedded import submit

pytestmark = pytest.mark.usefixtures("data_dir")

OpenPage = Callable[[], Awaitable[Page]]


@pytest.fixture
def extension_config() -> dict[str, Any]:
    return {"request_timeout": 5.0}


@pytest.fixture
def keep_alive(jp_serverapp: ServerApp) -> KeepAlive:
    extension = extension_of(jp_serverapp)
    embedded = extension.named_upstreams.named(EMBEDDED)
    return KeepAlive(jp_serverapp.web_app, embedded, 24.0, extension.log)


class Clock:
    """Sets when the user was last there, and tells what Jupyter makes of it."""

    def __init__(self, app: ServerApp) -> None:
        self._app = app
        self.now = datetime.now(timezone.utc)

    def user_was_here(self, hours_ago: float) -> None:
        past = self.now - timedelta(hours=hours_ago)
        settings = self._app.web_app.settings
        settings["started"] = settings["api_last_activity"] = past
        settings["kernel_manager"].last_kernel_activity = past
        for name in [name for name in settings if name.endswith("_last_activity")]:
            settings[name] = past

    def is_idle(self) -> bool:
        last: datetime = self._app.web_app.last_activity()  # type: ignore[no-untyped-call]
        return last < self.now


@pytest.fixture
def clock(jp_serverapp: ServerApp) -> Clock:
    clock = Clock(jp_serverapp)
    clock.user_was_here(hours_ago=1)
    return clock


async def start_extensions(app: ServerApp) -> None:
    """Do what Jupyter does when its event loop runs."""
    await app.extension_manager.start_all_extensions()  # type: ignore[no-untyped-call]


async def until_over(fetch: Fetch, experiment_id: str) -> None:
    for _ in range(400):
        answer = await fetch(f"api/v1/experiment/{experiment_id}")
        if json.loads(answer.body)["result"]["status"] in {"Succeeded", "Failed"}:
            return
        await asyncio.sleep(0.05)
    pytest.fail("it is not over")


async def stop(fetch: Fetch, experiment_id: str) -> None:
    assert (await fetch(f"api/v1/experiment/{experiment_id}/stop", "POST")).code == 200
    await until_over(fetch, experiment_id)


async def test_a_run_is_activity_until_it_is_over(
    fetch: Fetch, keep_alive: KeepAlive, clock: Clock
) -> None:
    experiment_id = await submit(fetch, 1000, 1.0)
    clock.user_was_here(hours_ago=1)
    await keep_alive.look()
    assert not clock.is_idle()
    clock.user_was_here(hours_ago=23.9)
    await keep_alive.look()
    assert not clock.is_idle()
    await stop(fetch, experiment_id)
    clock.user_was_here(hours_ago=1)
    await keep_alive.look()
    assert clock.is_idle()


async def test_an_abandoned_run_is_none_until_the_user_comes_back(
    fetch: Fetch, keep_alive: KeepAlive, clock: Clock
) -> None:
    experiment_id = await submit(fetch, 1000, 1.0)
    clock.user_was_here(hours_ago=24.1)
    await keep_alive.look()
    assert clock.is_idle()
    clock.user_was_here(hours_ago=23)
    for _ in range(3):
        await keep_alive.look()
    assert not clock.is_idle()
    await stop(fetch, experiment_id)


async def test_watching_and_polling_are_none(
    fetch: Fetch, open_page: OpenPage, clock: Clock
) -> None:
    experiment_id = await submit(fetch)
    clock.user_was_here(hours_ago=1)
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment=experiment_id)
    while (await page.hear())["event"] != "end":
        pass
    for path in ("info", "api/v1/experiment", f"api/v1/experiment/{experiment_id}/pods"):
        assert (await fetch(path)).code == 200
    assert clock.is_idle()
    assert (await fetch(f"api/v1/experiment/{experiment_id}", "DELETE")).code == 200
    assert not clock.is_idle()


async def test_nothing_is_started_for_it(keep_alive: KeepAlive, clock: Clock) -> None:
    await keep_alive.look()
    assert clock.is_idle()
    assert launch.find() is None


async def test_an_idle_server_is_not_asked_again(
    fetch: Fetch, keep_alive: KeepAlive, clock: Clock
) -> None:
    """Each question would put off the end of a server that nobody needs."""
    await until_over(fetch, await submit(fetch))
    await keep_alive.look()
    server = launch.find()
    assert server is not None
    process = psutil.Process(server.pid)
    process.suspend()  # it could not answer
    try:
        await keep_alive.look()
    finally:
        process.resume()
    clock.user_was_here(hours_ago=1)
    experiment_id = await submit(fetch, 1000, 1.0)
    clock.user_was_here(hours_ago=1)
    for _ in range(100):
        await keep_alive.look()
        if not clock.is_idle():
            break
        await asyncio.sleep(0.1)
    assert not clock.is_idle()
    await stop(fetch, experiment_id)


async def test_a_server_that_has_started_anew_is_asked(
    fetch: Fetch, keep_alive: KeepAlive, clock: Clock, data_dir: Path
) -> None:
    experiment_id = await submit(fetch, 1000, 1.0)
    server = launch.find()
    assert server is not None
    process = psutil.Process(server.pid)
    process.kill()
    await asyncio.to_thread(process.wait, 10)
    clock.user_was_here(hours_ago=1)
    await keep_alive.look()
    assert clock.is_idle()
    await asyncio.to_thread(launch.ensure, data_dir)
    await keep_alive.look()
    assert not clock.is_idle()
    await stop(fetch, experiment_id)


async def test_it_looks_by_itself_also_after_looks_that_fail(
    fetch: Fetch, jp_serverapp: ServerApp, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([ServerUnavailable("it is gone"), RuntimeError("nobody has foreseen it")])
    look = KeepAlive.look

    async def look_and_fail_at_first(self: KeepAlive) -> None:
        for failure in failures:
            raise failure
        await look(self)

    monkeypatch.setattr(KeepAlive, "look", look_and_fail_at_first)
    monkeypatch.setattr(keepalive, "EVERY_SECONDS", 0.05)
    experiment_id = await submit(fetch, 1000, 1.0)
    clock.user_was_here(hours_ago=1)
    await start_extensions(jp_serverapp)
    for _ in range(200):
        if not clock.is_idle():
            break
        await asyncio.sleep(0.05)
    assert not clock.is_idle()
    await stop(fetch, experiment_id)
    assert next(failures, None) is None
    await extension_of(jp_serverapp).stop_extension()


class TestTurnedOff:
    @pytest.fixture
    def extension_config(self) -> dict[str, Any]:
        return {"keep_alive_while_running": False}

    async def test_nobody_looks(
        self,
        fetch: Fetch,
        jp_serverapp: ServerApp,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(keepalive, "EVERY_SECONDS", 0.01)
        experiment_id = await submit(fetch, 1000, 1.0)
        clock.user_was_here(hours_ago=1)
        await start_extensions(jp_serverapp)
        await asyncio.sleep(1)
        assert clock.is_idle()
        await stop(fetch, experiment_id)
