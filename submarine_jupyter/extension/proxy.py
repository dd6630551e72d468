"""The Experiment API of the upstreams, below Jupyter's own address and behind its log-in."""

from __future__ import annotations

import json
import re
import time
import uuid

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError

from ..errors import ServerUnavailable, SubmarineError
from .base import SubmarineHandler, describe_error, error_envelope
from .routes import Target, forwarded_query, parse_target
from .transport import CHUNK_BYTES, Answer, Call, Unreachable
from .upstreams import Upstream

# Cookies, Authorization and everything else of the log-in stay here.
FORWARDED_REQUEST_HEADERS = (
    "Accept",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Event-ID",
    "Range",
)
FORWARDED_RESPONSE_HEADERS = (
    "Accept-Ranges",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Last-Modified",
    "Retry-After",
)
# What a browser shows without ever running it; the rest is offered as a download.
_INERT_TYPES = frozenset(
    {
        "application/json",
        "application/octet-stream",
        "application/yaml",
        "text/event-stream",
        "text/plain",
    }
)
_PAGE_TYPES = frozenset({"application/xhtml+xml", "text/html"})
_NOT_AN_API = "not part of the Experiment API. Check the upstream's address and token."
_ERROR_BYTES = 64 * 1024


class ProxyHandler(SubmarineHandler, APIHandler):
    """Relays one call to the upstream it names, and the answer back as it comes."""

    _answer: Answer | None = None
    _gone = False

    # One decorated method a verb: `authorized` settles the action at its first call, so a shared
    # one would let a read-only user write.

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:  # noqa: ARG002 - taken undecoded from the request
        """Read."""
        # Background refreshes must not keep an idle server alive.
        self._track_activity = False
        await self._relay()

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:  # noqa: ARG002
        """Submit or act."""
        await self._relay()

    @web.authenticated
    @authorized
    async def patch(self, path: str) -> None:  # noqa: ARG002
        """Change."""
        await self._relay()

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:  # noqa: ARG002
        """Delete."""
        await self._relay()

    @property
    def content_security_policy(self) -> str:
        """Whatever is relayed runs nothing, not even when opened in a tab of its own."""
        return f"{super().content_security_policy}; sandbox"

    def set_default_headers(self) -> None:
        """Add what keeps relayed bytes from being taken for something else."""
        super().set_default_headers()
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def compute_etag(self) -> str | None:
        """Leave entity tags to the upstream."""
        return None

    def on_connection_close(self) -> None:
        """Stop reading an answer that nobody waits for."""
        self._gone = True
        if self._answer is not None:
            self._answer.close()

    async def _relay(self) -> None:
        started = time.perf_counter()
        route = "?"
        try:
            target = parse_target(self._raw_path())
            upstream = self.upstreams.named(target.upstream)
            route = f"{upstream.name} {target.segments[0]}"
            self._answer = await self._call(upstream, target)
            try:
                if not self._gone:
                    await self._pass_on(self._answer, target)
            finally:
                self._answer.close()
        except StreamClosedError:
            pass
        except SubmarineError as error:
            await self._fail(error)
        self.log.debug(
            "%s %s %d %.1f ms",
            self.request.method,
            route,
            self.get_status(),
            1e3 * (time.perf_counter() - started),
        )

    def _raw_path(self) -> str:
        """Return the path below `submarine/` as it was sent, so that nothing is decoded twice."""
        return self.request.path[len(self.base_url) :].partition("/")[2]

    async def _call(self, upstream: Upstream, target: Target) -> Answer:
        method = self.request.method or ""
        headers = [
            (name, self.request.headers[name])
            for name in FORWARDED_REQUEST_HEADERS
            if name in self.request.headers
        ]
        starts = upstream.trusted and target.is_submit(method)
        if starts and "Idempotency-Key" not in self.request.headers:
            # So that a submit whose answer was lost can be sent again.
            headers.append(("Idempotency-Key", uuid.uuid4().hex))
        query = forwarded_query(self.request.query)
        call = Call(
            method,
            f"{target.path}?{query}" if query else target.path,
            headers=tuple(headers),
            body=self.request.body or None,
            repeatable=starts or method == "GET",
        )
        return await upstream.request(call, start=starts)

    async def _pass_on(self, answer: Answer, target: Target) -> None:
        if 300 <= answer.status < 400 and answer.status != 304:
            raise ServerUnavailable(
                f"The upstream answered with a redirect ({answer.status}), {_NOT_AN_API}"
            )
        is_page = answer.content_type in _PAGE_TYPES
        if answer.status >= 400 or (is_page and not target.is_file):
            await self._pass_on_error(answer)
            return
        self.set_status(answer.status)
        for name in FORWARDED_RESPONSE_HEADERS:
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        if answer.content_type not in _INERT_TYPES:
            if not answer.headers.get("Content-Disposition", "").startswith("attachment"):
                self.set_header("Content-Disposition", "attachment")
            self.set_header("Content-Type", "application/octet-stream")
        await self._pass_on_body(answer)

    async def _pass_on_body(self, answer: Answer) -> None:
        content_type = self._headers.get("Content-Type", "application/octet-stream")
        length = answer.headers.get("Content-Length", "")
        if answer.status in {204, 304}:
            self.finish(set_content_type=content_type)
            return
        if length.isdecimal() and int(length) <= CHUNK_BYTES:
            self.finish(await answer.read(CHUNK_BYTES), set_content_type=content_type)
            return
        try:
            # The headers go out before the first byte is there: a stream may begin with silence.
            await self.flush()
            async for chunk in answer.chunks():
                self.write(chunk)
                await self.flush()  # returns when the browser's side has room again
        except Unreachable:
            self._break_off()
            return
        self.finish(set_content_type=content_type)

    async def _pass_on_error(self, answer: Answer) -> None:
        """Relay an error as the envelope, whatever the upstream made of it."""
        code = answer.status if answer.status >= 400 else 502
        body = await answer.read(_ERROR_BYTES)
        if not _is_envelope(answer.content_type, body):
            if answer.content_type == "text/plain" and body:
                message = re.sub(r"\s+", " ", body[:500].decode("utf-8", "replace")).strip()
            else:
                message = f"The upstream answered {answer.status} with a page that is {_NOT_AN_API}"
            body = error_envelope(code, message, "NotAnExperimentServer")
        self.set_status(code)
        if "Retry-After" in answer.headers:
            self.set_header("Retry-After", answer.headers["Retry-After"])
        self.finish(body, set_content_type="application/json;charset=utf-8")

    async def _fail(self, error: SubmarineError) -> None:
        if self._gone:
            return
        if self._headers_written:
            self._break_off()
            return
        self.clear()
        self.set_cors_headers()
        code, message, reason = describe_error(error)
        self.set_status(code)
        self.finish(
            error_envelope(code, message, reason), set_content_type="application/json;charset=utf-8"
        )

    def _break_off(self) -> None:
        """Cut the connection, so that half an answer is not taken for a whole one."""
        self._track_activity = False
        connection = self.request.connection
        if isinstance(connection, HTTP1Connection):
            connection.close()
        self._finished = True


def _is_envelope(content_type: str, body: bytes) -> bool:
    if content_type != "application/json":
        return False
    try:
        envelope = json.loads(body)
    except ValueError:
        return False
    return isinstance(envelope, dict) and {"code", "message", "result"} <= envelope.keys()
