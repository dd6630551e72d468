"""The WebSocket of a page, on an upstream whose streams a test writes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from submarine_jupyter.errors import ServerUnavailable
from submarine_jupyter.extension import streamed, upstreams
from submarine_jupyter.extension.settings import Remote
from submarine_jupyter.extension.transport import Transport
from submarine_jupyter.extension.upstreams import RemoteUpstream

from .conftest import Page, Stranger
from .event_streams import forever, record, records_from, silent, stream

OpenPage = Callable[[], Awaitable[Page]]


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
    recoveries = dict.fromkeys("abc", 0)

    async def listen(until: Callable[[], bool]) -> None:
        while not until():
            message = await page.hear()
            if message["event"] == "error":
                errors[message["id"]] += 1
                data = message["data"]
                assert (data["code"], data["retry"]) == ("Unreachable", True)
                assert message["cursor"] is None
            elif message["event"] == "connected":
                recoveries[message["id"]] += 1
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
    assert set(errors.values()) == set(recoveries.values()) == {1}


async def test_an_upstream_without_news_is_told_to_be_back(
    open_page: OpenPage, stranger: Stranger
) -> None:
    stranger.answer = silent
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="*", after="c7")
    assert await page.hears_nothing(0.5)
    await stranger.stop()
    assert (await page.hear())["data"]["code"] == "Unreachable"
    await stranger.start()
    assert await page.hear() == {"id": "1", "event": "connected", "cursor": None, "data": None}
    assert stranger.last.query["after"] == "c7"
    assert await page.hears_nothing(0.5)


async def test_who_waits_after_the_last_one_left_is_told_too(stranger: Stranger) -> None:
    transport = Transport(2.0, 2.0)
    upstream = RemoteUpstream(Remote("stranger", stranger.url), transport)
    first = asyncio.create_task(upstream.recovered())
    await asyncio.sleep(0)
    # Both in one turn of the loop: the second comes before the look-out of the first has ended.
    first.cancel()
    second = asyncio.create_task(upstream.recovered())
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.wait_for(second, 10)
    await transport.close()


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
        envelope = {"code": status, "success": False, "message": "a reason"}
        return web.json_response(envelope, status=status)

    stranger.answer = answer
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    message = await page.hear()
    assert (message["id"], message["event"], message["cursor"]) == ("1", "error", None)
    assert (message["data"]["code"], message["data"]["retry"]) == (code, False)
    assert message["data"]["message"]
    assert await page.hears_nothing(0.5)


@pytest.mark.parametrize("knows_info", [True, False])
async def test_the_404_of_a_gateway_is_no_deletion(
    open_page: OpenPage, stranger: Stranger, knows_info: bool
) -> None:
    """An ingress answers so while its server restarts: for the stream alone, or for all."""

    async def no_backend(request: web.Request) -> web.Response:
        return web.Response(status=404, text="404 page not found\n")

    stranger.answer, stranger.knows_info = no_backend, knows_info
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    data = (await page.hear())["data"]
    assert (data["code"], data["retry"]) == ("Unreachable", True)
    stranger.answer, stranger.knows_info = forever, True
    assert (await page.hear())["event"] == "connected"
    assert (await page.hear())["event"] == "log"


async def test_a_gateway_in_front_of_a_known_server_is_not_the_server(
    stranger: Stranger,
) -> None:
    transport = Transport(2.0, 2.0)
    upstream = RemoteUpstream(Remote("stranger", stranger.url), transport)
    assert "stream" in (await upstream.info()).features

    async def no_backend(request: web.Request) -> web.Response:
        return web.Response(status=404, text="404 page not found\n")

    stranger.answer, stranger.knows_info = no_backend, False
    with pytest.raises(ServerUnavailable, match="is not there"):
        await upstream.info(max_age=0)
    await transport.close()


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
    assert (await page.hear())["event"] == "connected"
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
