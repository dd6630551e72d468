"""Who may ask: the Host and Origin of every request, its token, and the size of its body."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import refusal
from .settings import MAX_BODY
from .tokens import Caller, Role, Tokens

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Requests that only ask, with a body that says for what.
_ASKING = frozenset({"/api/metric/selective", "/api/param/selective"})
_STANDARD_PORTS = (80, 443)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Access:
    """ASGI middleware in front of every route.

    Parameters
    ----------
    tokens
        Those that `Authorization: Bearer` may carry; None when none is asked for.
    hosts
        Values of `Host` that are answered. Any other could be a page of a stranger whose name
        now points here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, tokens: Tokens | None, hosts: Collection[str]) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] == "websocket":  # no route is one, and none gets past without a token
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        caller = self._caller(headers)
        refused = self._refuse_stranger(headers) or _refuse_caller(caller, scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app({**scope, "user": caller}, _bounded(receive), send)

    def _refuse_stranger(self, headers: Headers) -> ASGIApp | None:
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
        return None

    def _caller(self, headers: Headers) -> Caller | None:
        """Return who asks, or None when the token is missing or not valid."""
        if self._tokens is None:
            return Caller()
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return self._tokens.caller(given.strip()) if scheme.lower() == "bearer" else None


def name_of(request: Request) -> str | None:
    """Return the name of who asks; None where nobody has one."""
    return _caller_of(request).name


def role_of(request: Request) -> Role:
    """Return what who asks may do."""
    return _caller_of(request).role


def _caller_of(request: Request) -> Caller:
    caller: Caller = request.user
    return caller


def _refuse_caller(caller: Caller | None, scope: Scope) -> ASGIApp | None:
    if scope["path"] == "/":
        return None
    if caller is None:
        said = "The token is missing or not valid."
        return refusal(401, said, {"WWW-Authenticate": "Bearer"})
    only_asks = scope["method"] in _READING or scope["path"].rstrip("/") in _ASKING
    if caller.role is Role.READER and not only_asks:
        return refusal(
            403, f"{caller.name} may only read here; submit and change with a writer's token."
        )
    return None


def host_values(host: str, port: int, names: Collection[str]) -> set[str]:
    """Return the values of `Host` under which a server bound to (host, port) is addressed."""
    known = {f"[{host}]" if ":" in host else host, *names, *_LOOPBACK}
    # Clients leave a standard port out; a proxy in front of another port may have one.
    bare = known if port in _STANDARD_PORTS else set(names)
    return {f"{name}:{port}" for name in known} | bare


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
