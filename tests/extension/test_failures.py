"""What is told and logged of a failure: neither a token, nor a traceback, nor the request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import NoReturn

import pytest
from aiohttp import web

from submarine_jupyter.extension.subscription import Subscription
from submarine_jupyter.extension.upstreams import Upstreams

from .conftest import Fetch, Page, Stranger

INSIDE = "what-only-the-log-may-say"
MARKUP = "<b>x</b>"


async def test_jupyters_own_log_of_a_failure_has_no_token(
    fetch: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    """Jupyter logs the Referer of a 5xx; the first page that was opened had the token in it."""
    caplog.set_level("DEBUG")
    referer = {"Referer": "http://127.0.0.1/lab?token=kept-here"}
    answer = await fetch("upstreams/embedded/api/v1/experiment", headers=referer)
    assert answer.code == 503
    assert "/lab?token=" in caplog.text
    assert "kept-here" not in caplog.text


@pytest.mark.parametrize("path", [f"no/{MARKUP}", f"upstreams/{MARKUP}/api/v1/info", "stream"])
async def test_no_failure_is_a_page_or_repeats_the_request(fetch: Fetch, path: str) -> None:
    answer = await fetch(path, headers={"Accept": "text/html", "X": MARKUP})
    assert answer.code in {400, 404}
    assert answer.headers["Content-Type"].startswith("application/json")
    assert MARKUP not in answer.body.decode()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the extension fail at what it has not foreseen."""

    def named(self: Upstreams, name: str | None) -> NoReturn:
        raise RuntimeError(INSIDE)

    monkeypatch.setattr(Upstreams, "named", named)


async def test_a_fault_of_ours_is_told_without_its_inside(
    fetch: Fetch, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await fetch("api/v1/experiment/e-1", headers={"X-Own": "kept-here"})
    assert answer.code == 500
    envelope = json.loads(answer.body)
    assert envelope["message"].startswith("The server extension failed; the log of the Jupyter")
    assert INSIDE not in answer.body.decode()
    assert "Traceback" not in answer.body.decode()
    assert INSIDE in caplog.text
    assert "kept-here" not in caplog.text


async def test_a_fault_ends_one_subscription_and_is_told_without_its_inside(
    open_page: Callable[[], Awaitable[Page]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run(self: Subscription) -> NoReturn:
        raise RuntimeError(INSIDE)

    monkeypatch.setattr(Subscription, "run", run)
    page = await open_page()
    for identity in ("1", "2"):
        await page.say(op="subscribe", id=identity, experiment="e-1")
        told = await page.hear()
        assert (told["id"], told["event"]) == (identity, "error")
        assert told["data"]["message"] == "The server extension failed."
        assert told["data"]["retry"] is False
    assert INSIDE in caplog.text


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (401, "unreachable", "The upstream 'stranger' refuses its token; check its token file."),
        (403, "unreachable", "The upstream 'stranger' refuses its token; check its token file."),
        (502, "unreachable", "The upstream 'stranger' is not there: its address answers 502."),
        (302, "unreachable", "The upstream 'stranger' is not there: its address answers 302."),
        (200, "unreachable", "What answers at the upstream 'stranger' is no experiment server; "),
        (404, "connected", ""),  # Apache Submarine has no such route
    ],
)
async def test_the_state_of_an_upstream_says_what_to_check(
    fetch: Fetch, stranger: Stranger, status: int, state: str, said: str
) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<h1>Log in</h1>", content_type="text/html")

    stranger.knows_info = False
    stranger.answer = page
    told = json.loads((await fetch("info")).body)["upstreams"]["stranger"]
    assert told["state"] == state
    assert (told["message"] or "").startswith(said)


@pytest.mark.parametrize("body", ["{", "[]", '{"code": 503}'])
async def test_an_error_that_is_no_envelope_becomes_one(
    fetch: Fetch, stranger: Stranger, body: str
) -> None:
    async def busy(request: web.Request) -> web.Response:
        headers = {"Retry-After": "7"}
        kind = "application/json"
        return web.Response(status=503, text=body, content_type=kind, headers=headers)

    stranger.answer = busy
    answer = await fetch("api/v1/experiment")
    assert (answer.code, answer.headers["Retry-After"]) == (503, "7")
    assert json.loads(answer.body)["attributes"] == {"reason": "NotAnExperimentServer"}


@pytest.mark.parametrize("source", ["x = '\0'", "-" * 100_000 + "1"])
async def test_a_program_that_python_cannot_take_is_refused(fetch: Fetch, source: str) -> None:
    order = {"spec": {"meta": {}, "spec": {}}, "program": {"source": source, "name": "cell"}}
    answer = await fetch("compose", "POST", body=order)
    assert answer.code == 400
    assert "program" in json.loads(answer.body)["message"].lower()


async def test_many_open_streams_hold_no_other_call_up(
    fetch: Fetch, stranger: Stranger, open_page: Callable[[], Awaitable[Page]]
) -> None:
    opened = 0
    all_open, over = asyncio.Event(), asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        nonlocal opened
        if not request.path.endswith("/stream"):
            return await stranger.say_ok(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        opened += 1
        if opened == 120:
            all_open.set()
        await over.wait()
        return response

    stranger.answer = silent
    page = await open_page()
    for number in range(120):
        await page.say(op="subscribe", id=str(number), experiment=f"e-{number}")
    await asyncio.wait_for(all_open.wait(), 30)
    assert (await fetch("api/v1/experiment")).code == 200
    page.socket.close()
    over.set()
