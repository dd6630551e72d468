"""Who may ask: the Host and Origin of every request, its token, and the size of its body."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import refusal
from .settings import MAX_BODY

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Access:
    """ASGI middleware in front of every route.

    Parameters
    ----------
    token
        That `Authorization: Bearer` must carry; None when none is asked for.
    hosts
        Values of `Host` that are answered. Any other could be a page of a stranger whose name
        now points here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, token: str | None, hosts: Collection[str]) -> None:
        self._app = app
        self._token = token
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refuse(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), send)

    def _refuse(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts:
            return refusal(
                403,
                "This server is not known under that Host; use its own address, or start it "
                "with --allow-host.",
            )
        origin = headers.get("origin")
        if origin is not None and _authority(origin) not in self._hosts:
            return refusal(403, "Requests from pages of another origin are not answered.")
        if int(headers.get("content-length") or 0) > MAX_BODY:
            return refusal(413, f"The body is larger than {MAX_BODY} bytes.")
        if scope["path"] == "/" or self._token is None or self._is_token(headers):
            return None
        return refusal(401, "The token is missing or not valid.", {"WWW-Authenticate": "Bearer"})

    def _is_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        expected = (self._token or "").encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected)


def host_values(host: str, port: int, names: Collection[str]) -> set[str]:
    """Return the values of `Host` under which a server bound to (host, port) is addressed."""
    known = {f"[{host}]" if ":" in host else host, *names, *_LOOPBACK}
    # Behind a proxy on the standard port a browser leaves the port out.
    return {f"{name}:{port}" for name in known} | set(names)


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


class BodyTooLarge(Exception):
    """A body grew past the limit while it was read."""


def _bounded(receive: Receive) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY:
            raise BodyTooLarge
        return message

    return bounded
