"""Every route wants a log-in and its permission, and a decorator that is gone breaks a test.

The routes are read from the extension, so that none can be forgotten. Each check is made once more
with the route's decorators taken off, and has to find that.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable

import pytest
from jupyter_server.auth import Authorizer, User
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import JupyterServerAuthWarning
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect
from traitlets.config import Config

from .conftest import Fetch, Stranger
from .routes import Route, all_routes

ROUTES = all_routes()
every_route = pytest.mark.parametrize("route", ROUTES, ids=str)

Ask = Callable[[Route, bool], Awaitable[int]]


@pytest.fixture
def ask(fetch: Fetch, jp_http_port: int, jp_base_url: str, jp_auth_header: dict[str, str]) -> Ask:
    """Return what asks a route, logged in or not, and gives the answer's code."""

    async def upgrade(route: Route, headers: dict[str, str]) -> int:
        url = f"ws://127.0.0.1:{jp_http_port}{jp_base_url}submarine/{route.path}"
        try:
            socket = await websocket_connect(HTTPRequest(url, headers=headers))
        except HTTPClientError as error:
            return error.code
        socket.close()
        return 101

    async def asked(route: Route, logged_in: bool) -> int:
        # Who is not logged in can still make up both halves of what guards against foreign pages.
        headers = jp_auth_header if logged_in else {"Cookie": "_xsrf=x", "X-XSRFToken": "x"}
        if route.is_socket:
            return await upgrade(route, headers)
        body: object = {} if route.writes else None
        answer = await fetch(
            route.path, route.verb, body=body, headers=headers, authenticated=False
        )
        return answer.code

    return asked


def test_the_routes_are_all_there() -> None:
    assert {str(route) for route in ROUTES} >= {
        "GET info",
        "GET compose",
        "POST compose",
        "POST compose/cell",
        "GET stream",
        *(f"{verb} api/v1/experiment/e-1" for verb in ("GET", "POST", "PATCH", "DELETE")),
    }
    assert any(route.is_socket for route in ROUTES)


class TestNobodyIsLoggedIn:
    """Jupyter is told to let everybody call what is not marked, so that the marks hold alone."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.allow_unauthenticated_access = True
        return jp_server_config

    @every_route
    async def test_it_is_refused(self, ask: Ask, stranger: Stranger, route: Route) -> None:
        assert await ask(route, False) == 403
        assert stranger.requests == []

    @every_route
    async def test_without_decorators_it_would_not_be(
        self, ask: Ask, route: Route, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(route.handler, route.verb.lower(), route.bare)
        assert await ask(route, False) != 403

    @pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
    async def test_options_reach_nothing(self, fetch: Fetch, stranger: Stranger, path: str) -> None:
        answer = await fetch(path, "OPTIONS", authenticated=False)
        assert answer.body == b"" or answer.code in {403, 405}
        assert stranger.requests == []


def warned_of(request: pytest.FixtureRequest) -> str:
    """Start Jupyter; return which routes it finds open."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        request.getfixturevalue("jp_serverapp")
    return "\n".join(
        str(warning.message)
        for warning in caught
        if issubclass(warning.category, JupyterServerAuthWarning)
    )


@every_route
def test_jupyter_finds_no_route_open(request: pytest.FixtureRequest, route: Route) -> None:
    assert f"{route.verb} of {route.handler.__name__} " not in warned_of(request)


@every_route
def test_without_its_login_jupyter_would(
    request: pytest.FixtureRequest, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route.handler, route.verb.lower(), route.without_login)
    assert f"{route.verb} of {route.handler.__name__} " in warned_of(request)


class Nothing(Authorizer):
    def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        return False


class Reading(Authorizer):
    """Asks somebody else first, as an authoriser may: its answer has to be awaited."""

    async def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        await asyncio.sleep(0)
        return action == "read" and resource == "submarine"


class TestUserWithoutPermission:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.authorizer_class = Nothing
        return jp_server_config

    @every_route
    async def test_it_is_refused(self, ask: Ask, stranger: Stranger, route: Route) -> None:
        assert await ask(route, True) == 403
        assert stranger.requests == []

    @every_route
    async def test_without_its_permission_it_would_not_be(
        self, ask: Ask, route: Route, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(route.handler, route.verb.lower(), route.without_permission)
        assert await ask(route, True) != 403


class TestUserWhoMayRead:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.authorizer_class = Reading
        return jp_server_config

    @every_route
    async def test_reads_everything_and_then_writes_nothing(self, ask: Ask, route: Route) -> None:
        for reading in (known for known in ROUTES if not known.writes):
            assert await ask(reading, True) != 403
        assert (await ask(route, True) == 403) == route.writes
