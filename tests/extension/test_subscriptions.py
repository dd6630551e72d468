"""What a page asks for over its WebSocket: its messages, and how its subscriptions end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from .conftest import Fetch, Page, Stranger
from .event_streams import forever

OpenPage = Callable[[], Awaitable[Page]]

GOOD: dict[str, object] = {"op": "subscribe", "id": "1", "experiment": "e-1"}
BAD_CHANGES: list[dict[str, object]] = [
    {"id": 1},
    {"id": ""},
    {"id": "x" * 100},
    {"experiment": None},
    {"experiment": "../info"},
    {"experiment": "a/b"},
    {"experiment": "e-1?x=y"},
    {"experiment": "x" * 200},
    {"upstream": 5},
    {"after": 5},
    {"after": "x" * 100_000},
    {"tail": -1},
    {"tail": 1.5},
    {"tail": True},
    {"pods": "p"},
    {"pods": []},
    {"pods": ["a,b"]},
    {"pods": [1]},
]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "[" * 100_000,
        "{}",
        '{"op": "subscribe"}',
        '{"op": ["subscribe"], "id": "1"}',
        '{"op": "shout", "id": "1"}',
        '{"op": "ack", "id": "1"}',
        '{"op": "ack", "id": "1", "bytes": -1}',
        '{"op": "ack", "id": "1", "bytes": true}',
        *(json.dumps({**GOOD, **change}) for change in BAD_CHANGES),
    ],
)
async def test_bad_messages_are_answered_and_kill_nothing(
    open_page: OpenPage, stranger: Stranger, message: str
) -> None:
    page = await open_page()
    await page.socket.write_message(message)
    answer = await page.hear()
    assert answer["event"] == "error"
    assert (answer["data"]["code"], answer["data"]["retry"]) == ("BadRequest", False)
    stranger.answer = forever
    await page.say(**GOOD)
    assert (await page.hear())["event"] == "log"


async def test_bytes_that_are_no_text_are_answered(open_page: OpenPage) -> None:
    page = await open_page()
    await page.socket.write_message(b"\xff\x00", binary=True)
    assert (await page.hear())["data"]["code"] == "BadRequest"


async def test_unknown_upstream(open_page: OpenPage) -> None:
    page = await open_page()
    await page.say(op="subscribe", id="1", upstream="http://evil.example", experiment="e-1")
    assert (await page.hear())["data"]["code"] == "NotFound"


async def test_late_words_about_a_subscription_that_is_over_are_ignored(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.say(op="ack", id="gone", bytes=5)
    await page.say(op="unsubscribe", id="gone")
    assert await page.hears_nothing(0.2)


async def test_id_in_use_is_refused_and_the_first_goes_on(
    open_page: OpenPage, stranger: Stranger
) -> None:
    stranger.answer = forever
    page = await open_page()
    await page.say(**GOOD)
    await page.hear()
    await page.say(**GOOD)
    while (message := await page.hear())["event"] != "error":
        pass
    assert message["id"] is None
    assert "already" in message["data"]["message"]
    assert (await page.hear())["event"] == "log"


async def test_unsubscribe_and_close_let_the_upstream_go(
    open_page: OpenPage, stranger: Stranger
) -> None:
    following = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal following
        following += 1
        try:
            return await forever(request)
        finally:
            following -= 1

    async def settle(count: int) -> None:
        for _ in range(400):
            if following == count:
                return
            await asyncio.sleep(0.05)
        assert following == count

    stranger.answer = answer
    page = await open_page()
    for number in range(3):
        await page.say(op="subscribe", id=str(number), experiment="e-1")
    await settle(3)
    await page.say(op="unsubscribe", id="1")
    await settle(2)
    page.socket.close()
    await settle(0)


async def test_stopping_jupyter_ends_everything(
    open_page: OpenPage, stranger: Stranger, jp_serverapp: Any, fetch: Fetch
) -> None:
    stranger.answer = forever
    page = await open_page()
    await page.say(**GOOD)
    await page.hear()
    [app] = jp_serverapp.extension_manager.extension_apps["submarine_jupyter"]
    await app.stop_extension()
    while await page.socket.read_message() is not None:
        pass
    assert page.socket.close_code == 1001
    assert app.pages == set()
    assert (await fetch("api/v1/experiment")).code == 502


class TestLimits:
    @pytest.fixture
    def extension_config(self, stranger: Stranger, token_file: Path) -> dict[str, Any]:
        return {
            "upstreams": {"stranger": {"url": stranger.url, "token_file": str(token_file)}},
            "default_upstream": "stranger",
            "max_subscriptions": 2,
        }

    async def test_subscriptions_of_a_page_are_limited(
        self, open_page: OpenPage, stranger: Stranger
    ) -> None:
        stranger.answer = forever
        page = await open_page()
        for name in "abc":
            await page.say(op="subscribe", id=name, experiment="e-1")
        while (message := await page.hear())["event"] != "error":
            pass
        assert message["id"] == "c"
        assert "2 subscriptions" in message["data"]["message"]
