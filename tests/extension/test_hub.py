"""The WebSocket of a page, on an upstream whose streams a test writes."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from submarine_jupyter.extension import streamed, upstreams

from .conftest import Fetch, Page, Stranger

OpenPage = Callable[[], Awaitable[Page]]


def record(event: str, cursor: int, data: object) -> bytes:
    return f"id: c{cursor}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()


@asynccontextmanager
async def stream(request: web.Request) -> AsyncIterator[web.StreamResponse]:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    yield response


def records_from(request: web.Request) -> int:
    """Return the number after the one the request's cursor names."""
    return int(request.query.get("after", "c-1").removeprefix("c")) + 1


async def forever(request: web.Request) -> web.StreamResponse:
    """Count up from the cursor, and never end."""
    async with stream(request) as response:
        number = records_from(request)
        while True:
            await response.write(record("log", number, {"n": number}))
            number += 1
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstreams, "_FIRST_DELAY", 0.05)
    monkeypatch.setattr(upstreams, "_LONGEST_DELAY", 0.4)


async def test_records_pass_undecoded_until_the_end(
    open_page: OpenPage, stranger: Stranger
) -> None:
    odd = b'{"lines": ["\\u00fc \xc3\xbc <b>"],  "n" : 1.50}'

    async def answer(request: web.Request) -> web.StreamResponse:
        async with stream(request) as response:
            await response.write(b": hello\n\nid: c1\nevent: log\ndata: " + odd + b"\n\n")
            await response.write(record("end", 2, {"status": "Succeeded"}))
        return response

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", upstream=None, experiment="e-1", tail=5, pods=["p-1"])
    raw = await page.hear_raw()
    assert raw == '{"id":"1","event":"log","cursor":"c1","data":' + odd.decode() + "}"
    assert await page.hear() == {
        "id": "1",
        "event": "end",
        "cursor": "c2",
        "data": {"status": "Succeeded"},
    }
    assert stranger.last.raw_path == "/api/v1/experiment/e-1/stream?tail=5&pods=p-1"
    assert stranger.last.headers["Accept"] == "text/event-stream"
    assert await page.hears_nothing(0.3)
    # It is over, so its id is free again.
    await page.say(op="subscribe", id="1", upstream="stranger", experiment="*", after="c9")
    assert (await page.hear())["event"] == "log"
    assert stranger.last.raw_path == "/api/v1/stream?after=c9"


async def test_resumes_at_its_cursor_when_cut(open_page: OpenPage, stranger: Stranger) -> None:
    """Cut in the middle of a record, over and over: every record comes exactly once, in order."""

    async def answer(request: web.Request) -> web.StreamResponse:
        async with stream(request) as response:
            first = records_from(request)
            for number in range(first, min(first + 10, 50)):
                await response.write(record("log", number, number))
            if first + 10 >= 50:
                await response.write(record("end", 50, {"status": "Succeeded"}))
                return response
            await response.write(b"id: c99\nevent: log\ndata: 99")
            await asyncio.sleep(0.01)
            assert request.transport is not None
            request.transport.abort()
        return response

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1", tail=3)
    heard: list[int] = []
    while (message := await page.hear())["event"] != "end":
        if message["event"] == "log":
            heard.append(message["data"])
        else:
            assert message["data"]["retry"] is True
    assert heard == list(range(50))
    assert all(
        ("tail" in r.query) != ("after" in r.query) for r in stranger.requests if "stream" in r.path
    )


async def test_upstream_gone_and_back(open_page: OpenPage, stranger: Stranger) -> None:
    stranger.answer = forever
    page = await open_page()
    for name in "abc":
        await page.say(op="subscribe", id=name, experiment="e-1")
    last = dict.fromkeys("abc", -1)
    errors = dict.fromkeys("abc", 0)

    async def listen(until: Callable[[], bool]) -> None:
        while not until():
            message = await page.hear()
            if message["event"] == "error":
                errors[message["id"]] += 1
                data = message["data"]
                assert (data["code"], data["retry"]) == ("Unreachable", True)
                assert message["cursor"] is None
            else:
                assert message["data"]["n"] == last[message["id"]] + 1
                last[message["id"]] += 1

    await listen(lambda: min(last.values()) > 5)
    await stranger.stop()
    await listen(lambda: min(errors.values()) == 1)
    assert await page.hears_nothing(1.0)
    before = dict(last)
    await stranger.start()
    await listen(lambda: all(last[name] > before[name] + 5 for name in "abc"))
    assert set(errors.values()) == {1}


async def test_everybody_waits_with_one_look_out(open_page: OpenPage, stranger: Stranger) -> None:
    await stranger.stop()
    looks = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal looks
        looks += 1
        writer.close()

    async with await asyncio.start_server(count, "127.0.0.1", stranger.port):
        page = await open_page()
        for number in range(40):
            await page.say(op="subscribe", id=str(number), experiment="e-1")
        for _ in range(40):
            assert (await page.hear())["data"]["code"] == "Unreachable"
        looks = 0
        await asyncio.sleep(1.5)
        assert 1 <= looks < 16


async def test_a_page_that_does_not_acknowledge_stops_the_reading(
    open_page: OpenPage, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "SILENCE_SECONDS", 0.4)
    line = "x" * 10_000
    written = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal written
        async with stream(request) as response:
            for number in range(2000):
                await response.write(record("log", number, line))
                written += 1
            await response.write(record("end", 2000, {"status": "Succeeded"}))
        return response

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    sizes: list[int] = []
    while not sizes or sum(sizes) + sizes[-1] <= 1024 * 1024:
        sizes.append(len((await page.hear_raw()).encode()))
    assert await page.hears_nothing(1.0)
    assert len(stranger.requests) == 1  # silence that is ours is not the upstream's death
    # What is held is the window and some buffers of sockets, not the 20 MB.
    assert written < 1200

    # Another subscription of the same page is not held up.
    stranger.answer = forever
    await page.say(op="subscribe", id="2", experiment="e-2")
    assert (await page.hear())["id"] == "2"
    await page.say(op="unsubscribe", id="2")

    await page.say(op="ack", id="1", bytes=sum(sizes))
    count = len(sizes)
    while True:
        message = await page.hear()
        if message["id"] == "2":
            continue
        if message["event"] == "end":
            break
        assert message["cursor"] == f"c{count}"
        count += 1
    assert count == 2000


async def test_a_record_larger_than_the_window_passes_alone(
    open_page: OpenPage, stranger: Stranger
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        async with stream(request) as response:
            for number in range(3):
                await response.write(record("log", number, "x" * 2_000_000))
            await response.write(record("end", 3, {}))
        return response

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    for _ in range(3):
        assert (await page.hear())["event"] == "log"
    assert (await page.hear())["event"] == "end"


async def test_a_silent_upstream_counts_as_dead(
    open_page: OpenPage, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "SILENCE_SECONDS", 0.3)

    async def answer(request: web.Request) -> web.StreamResponse:
        async with stream(request) as response:
            number = records_from(request)
            await response.write(record("log", number, number))
            await asyncio.sleep(60)
        return response

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    assert [(await page.hear())["data"] for _ in range(3)] == [0, 1, 2]


async def test_comments_keep_a_quiet_stream_open(
    open_page: OpenPage, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "SILENCE_SECONDS", 0.3)

    async def answer(request: web.Request) -> web.StreamResponse:
        async with stream(request) as response:
            for _ in range(10):
                await response.write(b": still here\n\n")
                await asyncio.sleep(0.1)
            await response.write(record("end", 1, {}))
        return response

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    assert (await page.hear())["event"] == "end"
    assert len(stranger.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequest"),
        (401, "NotAuthenticated"),
        (403, "NotAuthorized"),
        (404, "NotFound"),
        (302, "NotSupported"),
        (200, "NotSupported"),
    ],
)
async def test_refusals_end_the_subscription(
    open_page: OpenPage, stranger: Stranger, status: int, code: str
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "a reason"}, status=status)

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    message = await page.hear()
    assert (message["id"], message["event"], message["cursor"]) == ("1", "error", None)
    assert (message["data"]["code"], message["data"]["retry"]) == (code, False)
    assert message["data"]["message"]
    assert await page.hears_nothing(0.5)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_errors_of_the_upstream_are_tried_again(
    open_page: OpenPage, stranger: Stranger, status: int
) -> None:
    calls = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal calls
        calls += 1
        if calls < 4:
            return web.Response(status=status)
        return await forever(request)

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    assert (await page.hear())["data"]["retry"] is True
    assert (await page.hear())["event"] == "log"


@pytest.mark.parametrize(
    "data", [b'1},"id":"other","x":{"a":1', b"{", b"NaN", b"\xff\xfe", b"", b"[" * 100_000]
)
async def test_a_stranger_cannot_speak_for_others(
    open_page: OpenPage, stranger: Stranger, data: bytes
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        async with stream(request) as response:
            await response.write(b"data: " + data + b"\n\n")
            await asyncio.sleep(60)
        return response

    stranger.answer = answer
    page = await open_page()
    # What other tests have left must not be finalized at the limit of the recursion.
    gc.collect()
    await page.say(op="subscribe", id="1", experiment="e-1")
    message = await page.hear()
    assert message["id"] == "1"
    assert (message["data"]["code"], message["data"]["retry"]) == ("NotSupported", False)


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
