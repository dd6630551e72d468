"""Who may call what."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from jupyter_server.auth import Authorizer, User
from jupyter_server.base.handlers import JupyterHandler
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

from .conftest import Fetch, Page, Stranger

ROUTES = [
    "info",
    "compose",
    "stream",
    "api/v1/info",
    "api/v1/experiment",
    "upstreams/stranger/api/v1/experiment/e-1",
    "upstreams/nobody/api/v1/info",
    "no/such/route",
    "api/v1/experiment/../info",
]
VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("route", ROUTES)
async def test_nothing_without_logging_in(
    fetch: Fetch, stranger: Stranger, route: str, verb: str
) -> None:
    answer = await fetch(route, verb, authenticated=False)
    assert answer.code in {401, 403}
    assert answer.headers["Content-Type"].startswith("application/json")
    assert stranger.requests == []


class TestWhereUnmarkedRoutesAreOpen:
    """Jupyter's default lets everybody call what is not marked, so the marks must hold alone."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.allow_unauthenticated_access = True
        return jp_server_config

    @pytest.mark.parametrize("verb", ["GET", "POST", "PATCH", "DELETE"])
    @pytest.mark.parametrize("route", ROUTES)
    async def test_nothing_without_logging_in(
        self, fetch: Fetch, stranger: Stranger, route: str, verb: str
    ) -> None:
        answer = await fetch(route, verb, authenticated=False)
        assert answer.code == 403
        assert answer.headers["Content-Type"].startswith("application/json")
        assert stranger.requests == []


async def test_no_websocket_without_logging_in(
    http_server: object, jp_ws_fetch: Any, jp_auth_header: dict[str, str]
) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_ws_fetch("submarine", "stream", headers={"Authorization": "token wrong"})
    assert caught.value.code == 403


async def test_no_websocket_from_a_foreign_page(
    fetch: Fetch, http_server: object, jp_http_port: int, jp_base_url: str
) -> None:
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    cookie = (await fetch("info")).headers["Set-Cookie"].partition(";")[0]
    url = f"ws://127.0.0.1:{jp_http_port}{jp_base_url}submarine/stream"

    def request(origin: str) -> HTTPRequest:
        return HTTPRequest(url, headers={"Cookie": cookie, "Origin": origin})

    with pytest.raises(HTTPClientError) as caught:
        await websocket_connect(request("https://evil.example"))
    assert caught.value.code == 403
    (await websocket_connect(request(f"http://127.0.0.1:{jp_http_port}"))).close()


async def test_cookies_alone_cannot_write(fetch: Fetch, stranger: Stranger) -> None:
    cookie = (await fetch("info")).headers["Set-Cookie"].partition(";")[0]
    headers = {"Cookie": cookie}
    assert (await fetch("api/v1/schema", headers=headers, authenticated=False)).code == 200
    stranger.requests.clear()
    answer = await fetch("api/v1/experiment", "POST", body={}, headers=headers, authenticated=False)
    assert answer.code == 403
    assert stranger.requests == []


class ReadOnly(Authorizer):
    def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        return action == "read" and resource == "submarine"


class Nothing(Authorizer):
    def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        return False


class TestReadOnlyUser:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.authorizer_class = ReadOnly
        return jp_server_config

    @pytest.mark.parametrize("verb", ["POST", "PATCH", "DELETE"])
    async def test_reading_first_does_not_open_writing(
        self, fetch: Fetch, stranger: Stranger, verb: str
    ) -> None:
        for _ in range(2):
            assert (await fetch("api/v1/experiment/e-1")).code == 200
        stranger.requests.clear()
        answer = await fetch("api/v1/experiment/e-1", verb, body={})
        assert answer.code == 403
        assert stranger.requests == []

    async def test_is_told_so(self, fetch: Fetch) -> None:
        assert json.loads((await fetch("info")).body)["may_write"] is False

    async def test_may_watch(self, open_page: Callable[[], Awaitable[Page]]) -> None:
        page = await open_page()
        await page.say(op="nonsense", id="1")
        assert (await page.hear())["event"] == "error"


class TestUserWithoutPermission:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.authorizer_class = Nothing
        return jp_server_config

    @pytest.mark.parametrize("route", ["info", "api/v1/info", "no/such"])
    async def test_reads_nothing(self, fetch: Fetch, stranger: Stranger, route: str) -> None:
        assert (await fetch(route)).code == 403
        assert stranger.requests == []

    async def test_watches_nothing(self, http_server: object, jp_ws_fetch: Any) -> None:
        with pytest.raises(HTTPClientError) as caught:
            await jp_ws_fetch("submarine", "stream")
        assert caught.value.code == 403


async def test_watching_is_no_activity(
    fetch: Fetch, jp_serverapp: Any, open_page: Callable[[], Awaitable[Page]]
) -> None:
    def last() -> object:
        return jp_serverapp.web_app.settings.get("api_last_activity")

    before = last()
    await fetch("info")
    await fetch("api/v1/experiment")
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="e-1")
    await page.hear()
    await fetch("api/v1/experiment?no_track_activity=1", "POST", body={})
    assert last() == before
    await fetch("api/v1/experiment", "POST", body={})
    assert last() != before
