"""A Jupyter Server with the extension, and an upstream that is not ours.

The base URL of pytest-jupyter is percent-encoded on purpose (`/a%40b/`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from aiohttp import web
from tornado.httpclient import HTTPResponse
from tornado.websocket import WebSocketClientConnection
from traitlets.config import Config

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STRANGER_TOKEN = "token-of-the-stranger"
INFO = {
    "name": "submarine-jupyter",
    "version": "9.9.9",
    "server": "id-of-the-stranger",
    "api": "1",
    "features": ["stream", "pods"],
}


def envelope(result: object) -> web.Response:
    return web.json_response(
        {
            "status": "OK",
            "code": 200,
            "success": True,
            "message": None,
            "result": result,
            "attributes": {},
        }
    )


class Stranger:
    """A server on loopback whose answers a test chooses, and which remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.answer: Handler = self.say_ok
        self.knows_info = True
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def say_ok(self, request: web.Request) -> web.StreamResponse:
        return envelope({"path": request.raw_path, "method": request.method})

    async def start(self) -> None:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.requests.append(request)
            await request.read()
            if self.knows_info and request.path.endswith("/api/v1/info"):
                return envelope(INFO)
            return await self.answer(request)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def last(self) -> web.Request:
        return self.requests[-1]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("URL", "TOKEN", "TOKEN_FILE", "CA_FILE", "JUPYTER"):
        monkeypatch.delenv(f"SUBMARINE_{name}", raising=False)
    monkeypatch.setenv("SUBMARINE_DATA_DIR", str(tmp_path / "no-server-here"))


@pytest.fixture
def stranger(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Stranger]:
    stranger = Stranger()
    jp_asyncio_loop.run_until_complete(stranger.start())
    yield stranger
    jp_asyncio_loop.run_until_complete(stranger.stop())


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "stranger.token"
    path.write_text(STRANGER_TOKEN + "\n")
    return path


@pytest.fixture
def extension_config(stranger: Stranger, token_file: Path) -> dict[str, Any]:
    """The configuration of the extension; a test module may bring its own."""
    return {
        "upstreams": {"stranger": {"url": stranger.url, "token_file": str(token_file)}},
        "default_upstream": "stranger",
        "connect_timeout": 2.0,
        "request_timeout": 2.0,
    }


@pytest.fixture
def jp_server_config(extension_config: dict[str, Any]) -> Config:
    return Config(
        {
            "ServerApp": {
                "jpserver_extensions": {"submarine_jupyter": True},
                "allow_unauthenticated_access": False,
                "reraise_server_extension_failures": True,
            },
            "SubmarineExtension": extension_config,
        }
    )


class Fetch(Protocol):
    """Sends a request to the extension, its path exactly as it is given."""

    def __call__(
        self,
        path: str,
        method: str = "GET",
        *,
        body: object = None,
        headers: dict[str, str] | None = None,
        authenticated: bool = True,
    ) -> Awaitable[HTTPResponse]: ...


@pytest.fixture
def fetch(http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str) -> Fetch:
    def send(
        path: str,
        method: str = "GET",
        *,
        body: object = None,
        headers: dict[str, str] | None = None,
        authenticated: bool = True,
    ) -> Awaitable[HTTPResponse]:
        all_headers = dict(headers or {})
        if authenticated:
            all_headers |= jp_auth_header
        if body is not None:
            all_headers.setdefault("Content-Type", "application/json")
        answer: Awaitable[HTTPResponse] = http_server_client.fetch(
            f"{jp_base_url}submarine/{path}",
            method=method,
            headers=all_headers,
            body=None if body is None else json.dumps(body),
            allow_nonstandard_methods=True,
            follow_redirects=False,
            raise_error=False,
            decompress_response=False,
            request_timeout=20,
        )
        return answer

    return send


class Page:
    """What a page does with the WebSocket."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket

    async def say(self, **order: object) -> None:
        await self.socket.write_message(json.dumps(order))

    async def hear_raw(self, timeout: float = 15) -> str:
        message = await asyncio.wait_for(self.socket.read_message(), timeout)
        assert isinstance(message, str), "the socket was closed"
        return message

    async def hear(self, timeout: float = 15) -> dict[str, Any]:
        """Return the next message, acknowledged."""
        raw = await self.hear_raw(timeout)
        message: dict[str, Any] = json.loads(raw)
        if message["id"] is not None:
            await self.say(op="ack", id=message["id"], bytes=len(raw.encode()))
        return message

    async def hears_nothing(self, seconds: float) -> bool:
        try:
            await self.hear_raw(seconds)
        except asyncio.TimeoutError:
            return True
        return False


@pytest.fixture
def open_page(http_server: object, jp_ws_fetch: Any) -> Callable[[], Awaitable[Page]]:
    async def connect() -> Page:
        return Page(await jp_ws_fetch("submarine", "stream"))

    return connect
