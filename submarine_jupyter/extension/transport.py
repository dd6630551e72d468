"""HTTP to the upstreams, over one aiohttp session.

The only module that imports aiohttp, and only when the first request is sent: it takes a third of
a second, which Jupyter's start should not pay.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ..addresses import is_loopback
from ..errors import ServerUnavailable

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:  # aiohttp brings it where Python itself has none
    from async_timeout import timeout  # type: ignore[import-not-found] # only with Python 3.10

if TYPE_CHECKING:
    import aiohttp

# uvicorn closes idle connections after 5 s; let go before it does, so that a POST never meets
# a connection that is just being closed.
_KEEP_ALIVE_SECONDS = 4.0
CHUNK_BYTES = 64 * 1024

T = TypeVar("T")


class Unreachable(ServerUnavailable):
    """No usable answer came from an upstream.

    Attributes
    ----------
    sent
        Whether the request may have reached it.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(message)


@dataclass(frozen=True)
class Endpoint:
    """Where an upstream is at this moment, and how to prove who asks."""

    url: str
    token: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Call:
    """One request, wherever it is sent.

    Attributes
    ----------
    method
        The HTTP verb.
    target
        Path and query below the upstream's address, quoted, without a slash in front.
    headers
        Those of the caller; the token is added to them.
    body
        Bytes to send, if any.
    repeatable
        Whether sending it twice does no more than sending it once.
    silence
        Seconds without a byte after which the upstream counts as dead; none for the time-out of
        all requests.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    repeatable: bool = False
    silence: float | None = None


class Answer:
    """An upstream's answer: status and headers are here, the body is read as it comes."""

    def __init__(self, response: aiohttp.ClientResponse, name: str, silence: float) -> None:
        self._response = response
        self._name = name
        self._silence = silence
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty if there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; what is not taken holds the sender back.

        Raises
        ------
        Unreachable
            The connection broke, or stayed silent for too long.
        """
        import aiohttp

        content = self._response.content
        try:
            while not content.at_eof():
                # What is here needs no time limit, which costs as much as a small answer.
                chunk = content.read_nowait() or await within(self._silence, content.readany())
                if chunk:
                    yield chunk
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise _unreachable(self._name, error, sent=True) from error

    async def read(self, limit: int) -> bytes:
        """Return the body, or its first ``limit`` bytes."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) >= limit:
                break
        del body[limit:]
        return bytes(body)

    def close(self) -> None:
        """Give the connection up; a reader that still waits is told that it broke."""
        self._response.close()


async def within(seconds: float, awaitable: Awaitable[T]) -> T:
    """Await with a limit; raises `asyncio.TimeoutError` past it.

    Before Python 3.12 `asyncio.wait_for` loses a cancellation that comes together with the result:
    a stream that is never silent could then not be ended.
    """
    async with timeout(seconds):
        return await awaitable


class Transport:
    """Sends requests to endpoints.

    Parameters
    ----------
    connect_timeout
        Seconds for a connection to be made.
    request_timeout
        Seconds an upstream may stay silent, before its answer or in the middle of it.
    """

    def __init__(self, connect_timeout: float, request_timeout: float) -> None:
        self._connect_timeout = connect_timeout
        self._request_timeout = request_timeout
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def send(self, name: str, endpoint: Endpoint, call: Call) -> Answer:
        """Send a call and return its answer as soon as the headers are there.

        Parameters
        ----------
        name
            The upstream's name, for error messages.

        Raises
        ------
        Unreachable
            There was no answer.
        """
        import aiohttp
        from yarl import URL

        session = self._open()
        all_headers = [*call.headers, ("Accept-Encoding", "identity")]
        if endpoint.token is not None:
            all_headers.append(("Authorization", f"Bearer {endpoint.token}"))
        silence = self._request_timeout if call.silence is None else call.silence
        # aiohttp's own limit on reading runs on while a slow page keeps us from reading, so the
        # upstream's silence is measured here, only while it is waited for.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout)
        request = session.request(
            call.method,
            URL(f"{endpoint.url}/{call.target}", encoded=True),
            headers=all_headers,
            data=call.body,
            allow_redirects=False,
            timeout=timeout,
            ssl=True if endpoint.tls is None else endpoint.tls,
            proxy=_proxy(endpoint.url),
        )
        try:
            response = await within(self._connect_timeout + silence, request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _unreachable(name, error, sent=False) from error
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise _unreachable(name, error, sent=True) from error
        return Answer(response, name, silence)

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._closed:
            raise Unreachable("The Jupyter server is stopping.", sent=False)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Every open stream holds a connection, so their number has no limit here.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                read_bufsize=4 * CHUNK_BYTES,
                headers={"User-Agent": "submarine-jupyter"},
            )
        return self._session

    async def close(self) -> None:
        """Close every connection; requests after that fail."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address; none for one of this machine.

    aiohttp's own `trust_env` would send a loopback server's token to it, and take a netrc's
    password in the token's place.
    """
    address = urlsplit(url)
    if is_loopback(address.hostname or "") or proxy_bypass(address.netloc):
        return None
    proxies = getproxies()
    return proxies.get(address.scheme) or proxies.get("all")


def _unreachable(name: str, error: Exception, *, sent: bool) -> Unreachable:
    import aiohttp

    if isinstance(error, asyncio.TimeoutError):
        reason = "it did not answer in time"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = "its certificate is not trusted (set ca_file to the authority's certificate)"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = (error.os_error.strerror or "no connection").lower()
    else:
        reason = "the connection broke"
    return Unreachable(
        f"The upstream '{name}' cannot be reached: {reason}. "
        "Check that its server is running, then try again.",
        sent=sent,
    )
