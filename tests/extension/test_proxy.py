"""What passes through to an upstream and back, and what does not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tornado.simple_httpclient import HTTPStreamClosedError

from .conftest import STRANGER_TOKEN, Fetch, Handler, Stranger

MIB = 1024 * 1024


def respond(**kwargs: Any) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(**kwargs)

    return answer


def assert_error(body: bytes, code: int, reason: str | None = None) -> str:
    """Check that a body is the envelope of an error; return its message."""
    envelope = json.loads(body)
    assert list(envelope) == ["status", "code", "success", "message", "result", "attributes"]
    assert envelope["code"] == code
    assert envelope["success"] is None
    assert envelope["result"] is None
    if reason is not None:
        assert envelope["attributes"] == {"reason": reason}
    message = envelope["message"]
    assert isinstance(message, str)
    assert message
    return message


@pytest.mark.parametrize("verb", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("prefix", ["", "upstreams/stranger/"])
async def test_call_and_answer_pass(
    fetch: Fetch, stranger: Stranger, verb: str, prefix: str
) -> None:
    body = None if verb in {"GET", "DELETE"} else {"meta": {"name": "ü"}}
    answer = await fetch(
        f"{prefix}api/v1/experiment/e-1?a=b%2Cc&_xsrf=x&1700000000000", verb, body=body
    )
    assert answer.code == 200
    result = json.loads(answer.body)["result"]
    assert result == {"path": "/api/v1/experiment/e-1?a=b%2Cc", "method": verb}
    if body is not None:
        assert json.loads(await stranger.last.read()) == body


async def test_put_is_not_offered(fetch: Fetch, stranger: Stranger) -> None:
    answer = await fetch("api/v1/experiment/e-1", "PUT", body={})
    assert answer.code == 405
    assert_error(answer.body, 405)
    assert stranger.requests == []


async def test_only_listed_headers_reach_the_upstream(
    fetch: Fetch, stranger: Stranger, jp_auth_header: dict[str, str]
) -> None:
    own_token = jp_auth_header["Authorization"].removeprefix("token ")
    wanted = {
        "Accept": "application/json",
        "Range": "bytes=0-9",
        "If-None-Match": '"tag"',
        "Last-Event-ID": "c7",
        "Idempotency-Key": "k1",
        "Content-Type": "application/yaml",
    }
    secrets = {
        "Cookie": "username-localhost=secret; _xsrf=secret",
        "X-XSRFToken": "secret",
        "X-Forwarded-For": "secret",
        "Referer": "http://127.0.0.1/?token=secret",
        "Proxy-Authorization": "secret",
    }
    path = f"api/v1/experiment?token={own_token}"
    await fetch(path, "POST", body={}, headers=wanted | secrets)
    sent = stranger.last.headers
    assert {name: sent[name] for name in wanted} == wanted
    assert sent["Authorization"] == f"Bearer {STRANGER_TOKEN}"
    assert "secret" not in str(sent)
    assert own_token not in str(sent)
    assert stranger.last.raw_path == "/api/v1/experiment"
    known = {*wanted, "Authorization", "Host", "User-Agent", "Accept-Encoding", "Content-Length"}
    assert {name.title() for name in sent} <= {name.title() for name in known}


async def test_only_listed_headers_reach_the_page(fetch: Fetch, stranger: Stranger) -> None:
    passed = {
        "Content-Type": "text/plain",
        "ETag": '"tag"',
        "Last-Modified": "Sat, 21 Nov 2026 12:00:00 GMT",
        "Accept-Ranges": "bytes",
        "Content-Range": "bytes 0-2/9",
        "Content-Disposition": 'attachment; filename="a.txt"',
    }
    kept = {
        "Set-Cookie": "evil=1",
        "Access-Control-Allow-Origin": "https://evil.example",
        "Content-Security-Policy": "script-src *",
        "X-Token": STRANGER_TOKEN,
        "WWW-Authenticate": "Basic",
        "Refresh": "0;url=https://evil.example",
    }
    stranger.answer = respond(status=206, body=b"abc", headers=passed | kept)
    answer = await fetch("api/v1/experiment/e-1/pods/p-1/log")
    assert answer.code == 206
    assert answer.body == b"abc"
    assert {name: answer.headers[name] for name in passed} == passed
    text = str(list(answer.headers.get_all()))
    assert "evil" not in text
    assert STRANGER_TOKEN not in text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_conditional_answers_pass(fetch: Fetch, stranger: Stranger) -> None:
    stranger.answer = respond(status=304, headers={"ETag": '"tag"'})
    answer = await fetch("api/v1/experiment/e-1", headers={"If-None-Match": '"tag"'})
    assert (answer.code, answer.body, answer.headers["ETag"]) == (304, b"", '"tag"')


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/pdf"])
async def test_files_that_could_run_are_downloads(
    fetch: Fetch, stranger: Stranger, content_type: str
) -> None:
    stranger.answer = respond(body=b"<script>", content_type=content_type)
    answer = await fetch("api/v1/experiment/e-1/files/a.html")
    assert answer.code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_web_page_becomes_an_error(fetch: Fetch, stranger: Stranger, status: int) -> None:
    page = b"<html><script>alert(1)</script>Log in</html>"
    stranger.answer = respond(status=status, body=page, content_type="text/html")
    answer = await fetch("api/v1/experiment")
    assert answer.code == (502 if status == 200 else status)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert "<" not in assert_error(answer.body, answer.code)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_neither_followed_nor_relayed(
    fetch: Fetch, stranger: Stranger, status: int
) -> None:
    location = {"Location": "https://evil.example/?next=x"}
    stranger.answer = respond(status=status, headers=location)
    answer = await fetch("api/v1/experiment", "POST", body={})
    assert answer.code == 502
    assert "redirect" in assert_error(answer.body, 502)
    assert "Location" not in answer.headers
    assert len(stranger.requests) == 1


async def test_envelope_of_an_error_passes_unchanged(fetch: Fetch, stranger: Stranger) -> None:
    envelope = (
        b'{"status":"NOT_FOUND","code":404,"success":null,'
        b'"message":"Not found experiment.","result":null,"attributes":{}}'
    )
    stranger.answer = respond(status=404, body=envelope, content_type="application/json")
    answer = await fetch("api/v1/experiment/e-1")
    assert (answer.code, answer.body) == (404, envelope)


async def test_plain_text_error_is_put_into_the_envelope(fetch: Fetch, stranger: Stranger) -> None:
    stranger.answer = respond(status=400, text="Unrecognized field\n at line 1" + "x" * 5000)
    answer = await fetch("api/v1/experiment", "POST", body={})
    message = assert_error(answer.body, 400)
    assert message.startswith("Unrecognized field at line 1")
    assert len(message) <= 500


async def test_path_attacks_do_not_arrive(fetch: Fetch, stranger: Stranger) -> None:
    for path in (
        "api/v1/experiment/../../../etc/passwd",
        "api/v1/experiment/%2e%2e/info",
        "api/v1/experiment/..%2finfo",
        "api/v1/experiment//info",
        "api/v1/experiment/e@evil.example/x",
        "api/v1/experiment/a%5c..%5cb",
        "api/v1/experiment/%00",
        "upstreams/stranger/../../lab",
        "upstreams/%2e%2e/api/v1/info",
        "upstreams/http:%2f%2fevil.example/api/v1/info",
        "upstreams/evil.example:80/api/v1/info",
        "api/v1/<script>",
    ):
        answer = await fetch(path)
        assert answer.code in {400, 404}, path
        assert "script" not in assert_error(answer.body, answer.code)
    assert stranger.requests == []


async def test_unknown_upstream(fetch: Fetch) -> None:
    answer = await fetch("upstreams/nobody/api/v1/experiment")
    assert answer.code == 404
    assert "embedded, stranger" in assert_error(answer.body, 404)


async def test_dead_upstream(fetch: Fetch, stranger: Stranger) -> None:
    await stranger.stop()
    answer = await fetch("api/v1/experiment")
    assert answer.code == 502
    message = assert_error(answer.body, 502, "Unreachable")
    assert "'stranger' cannot be reached" in message
    assert STRANGER_TOKEN not in message


async def test_upstream_that_hangs(fetch: Fetch, stranger: Stranger) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        raise AssertionError

    stranger.answer = hang
    answer = await fetch("api/v1/experiment")
    assert "in time" in assert_error(answer.body, 502, "Unreachable")


async def test_upstream_that_speaks_no_http(
    fetch: Fetch, stranger: Stranger, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> None:
    await stranger.stop()

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x01 garbage\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", stranger.port):
        answer = await fetch("api/v1/experiment")
    assert_error(answer.body, 502, "Unreachable")


@pytest.mark.parametrize("has_length", [True, False])
async def test_answer_cut_in_the_middle_is_no_whole_answer(
    fetch: Fetch, stranger: Stranger, has_length: bool
) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if has_length:
            response.content_length = 10 * MIB
        await response.prepare(request)
        await response.write(b"x" * 300_000)
        assert request.transport is not None
        request.transport.abort()
        return response

    stranger.answer = cut
    with pytest.raises(HTTPStreamClosedError):
        await fetch("api/v1/experiment/e-1/pods/p/log")


async def test_large_body_passes_without_being_held(
    stranger: Stranger,
    http_server: object,
    jp_http_port: int,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
) -> None:
    """150 MB pass (tornado's own client stops at 100), and a reader that waits holds them back."""
    size = 150
    written = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse(headers={"Content-Length": str(size * MIB)})
        await response.prepare(request)
        for _ in range(size):
            await response.write(b"x" * MIB)
            written += 1
        return response

    stranger.answer = pour
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port, limit=MIB)
    writer.write(
        f"GET {jp_base_url}submarine/api/v1/experiment/e-1/files/big HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nAuthorization: {jp_auth_header['Authorization']}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    await asyncio.sleep(0.5)
    assert written < 30
    total = 0
    while chunk := await reader.read(MIB):
        total += len(chunk)
    writer.close()
    assert total == size * MIB


async def test_stream_passes_as_it_comes(
    stranger: Stranger,
    http_server: object,
    jp_http_port: int,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
) -> None:
    go_on = asyncio.Event()
    left = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await response.write(b"data: 1\n\n")
            await go_on.wait()
            while True:
                await response.write(b"data: 2\n\n")
                await asyncio.sleep(0.02)
        finally:
            left.set()

    stranger.answer = trickle
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    writer.write(
        f"GET {jp_base_url}submarine/api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {jp_auth_header['Authorization']}\r\n\r\n".encode()
    )
    await asyncio.wait_for(reader.readuntil(b"data: 1\n\n"), 5)
    go_on.set()
    await asyncio.wait_for(reader.readuntil(b"data: 2\n\n"), 5)
    writer.close()
    # A page that leaves takes its request to the upstream with it.
    await asyncio.wait_for(left.wait(), 5)


async def test_token_file_is_read_again(fetch: Fetch, stranger: Stranger, token_file: Path) -> None:
    await fetch("api/v1/experiment")
    token_file.write_text("another-token")  # noqa: ASYNC240
    await fetch("api/v1/experiment")
    assert stranger.last.headers["Authorization"] == "Bearer another-token"
    token_file.unlink()  # noqa: ASYNC240
    answer = await fetch("api/v1/experiment")
    assert "token file" in assert_error(answer.body, 502, "Unreachable")


async def test_refused_token_is_not_repeated(fetch: Fetch, stranger: Stranger) -> None:
    stranger.answer = respond(status=401, text="no")
    answer = await fetch("api/v1/experiment", "POST", body={})
    assert answer.code == 401
    assert_error(answer.body, 401)
    assert len(stranger.requests) == 1


async def test_a_post_that_may_have_arrived_is_not_repeated(
    fetch: Fetch, stranger: Stranger
) -> None:
    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    stranger.answer = drop
    answer = await fetch("api/v1/experiment", "POST", body={})
    assert_error(answer.body, 502, "Unreachable")
    assert len(stranger.requests) == 1


async def test_nothing_secret_is_logged(
    fetch: Fetch, stranger: Stranger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await fetch("api/v1/experiment", headers={"Cookie": "a=kept-here"})
    await stranger.stop()
    await fetch("api/v1/experiment", headers={"Cookie": "a=kept-here"})
    # Jupyter itself logs addresses and the log-in; these are the extension's own lines.
    text = "\n".join(r.getMessage() for r in caplog.records if "submarine" in r.name.lower())
    assert "GET stranger experiment 200" in text
    for secret in (STRANGER_TOKEN, "kept-here", "Authorization"):
        assert secret not in text
