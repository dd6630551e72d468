"""Which server the client talks to, and with which token."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from .. import launch
from ..errors import ConfigurationError, NotStarted

Start = Literal["no", "if-known", "yes"]
"""Whether a call may start the embedded server: never; where it has run before, because the call
names an experiment of its store; always, because the call submits."""

_NOT_RUNNING = (
    "No experiment server is running here yet; submitting an experiment starts one. "
    "To use another server, set SUBMARINE_URL."
)

# A server that ends gives its open streams 5 s, and answers nobody new meanwhile.
_LEAVING = 8.0
_LEAVING_POLL = 0.05


@dataclass(frozen=True)
class Endpoint:
    """Where requests go: a URL without a trailing slash, and the token made for it."""

    url: str
    token: str | None = field(default=None, repr=False)


class Locator(Protocol):
    """Finds the server, again if need be."""

    def current(self, start: Start) -> Endpoint:
        """Return where the server is; raises ServerUnavailable."""

    def again(self, start: Start, *, gone: bool) -> bool:
        """Look again; whether there is something new to try.

        Parameters
        ----------
        gone
            Whether nobody answered there; else the token was refused.
        """


class NamedServer:
    """A server given by its URL."""

    def __init__(self, url: str, token: str | None = None, token_file: str | None = None) -> None:
        self._url = checked_url(url)
        self._token_file = token_file
        self._endpoint = Endpoint(self._url, token if token is not None else self._read_token())

    def current(self, start: Start) -> Endpoint:  # noqa: ARG002 - not ours to start
        """Return the server's place."""
        return self._endpoint

    def again(self, start: Start, *, gone: bool) -> bool:  # noqa: ARG002 - not ours to start
        """Read the token file again; whether the token has changed."""
        if self._token_file is None:
            return False
        before, self._endpoint = self._endpoint, Endpoint(self._url, self._read_token())
        return self._endpoint.token != before.token

    def _read_token(self) -> str | None:
        if not self._token_file:
            return None
        try:
            return Path(self._token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"The token file {self._token_file} cannot be read ({error.strerror}); name "
                "another with SUBMARINE_TOKEN_FILE, token_file= or --token-file"
            ) from error


class EmbeddedServer:
    """The package's own server on this machine, found through its `server.json`.

    Parameters
    ----------
    directory
        Its data directory; None takes the one that the environment names at each call.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._endpoint: Endpoint | None = None

    def current(self, start: Start) -> Endpoint:
        """Return the running server's place, starting it where that is allowed."""
        endpoint = self._endpoint
        if endpoint is None:
            endpoint = self._endpoint = self._found_or_started(start)
        return endpoint

    def again(self, start: Start, *, gone: bool) -> bool:
        """Find or start the server anew; whether it is another one, or has another token.

        One that no longer answers but still runs is about to end: its end is waited for.
        """
        before = self._endpoint
        deadline = time.monotonic() + (_LEAVING if gone and start != "no" else 0)
        while (found := self._found_or_started(start)) == before and time.monotonic() < deadline:
            time.sleep(_LEAVING_POLL)
        self._endpoint = found
        return found != before

    def _found_or_started(self, start: Start) -> Endpoint:
        server = launch.find(self._directory)
        if server is None:
            known = start == "if-known" and launch.known_server_id(self._directory) is not None
            if not known and start != "yes":
                raise NotStarted(_NOT_RUNNING)
            server = launch.ensure(self._directory)
        return Endpoint(server.url.rstrip("/"), server.token)


def locate(host: str | None = None, token_file: str | None = None) -> Locator:
    """Return the server to use: the arguments', else the environment's, else the embedded one.

    The token in the environment goes with `host` too, unless `SUBMARINE_URL` names another server:
    a token is sent only to the server it was made for.

    Parameters
    ----------
    host
        URL of a server, such as `http://127.0.0.1:32080`.
    token_file
        File that holds the token of `host`, or of the server that the environment names.

    Raises
    ------
    ConfigurationError
        A URL is none, or the file of the token cannot be read.
    """
    named = os.environ.get("SUBMARINE_URL")
    url = host or named
    if url:
        if token_file:
            return NamedServer(url, token_file=token_file)
        if named and checked_url(named) != checked_url(url):
            return NamedServer(url)
        return NamedServer(url, *_token_of_the_environment())
    if name := os.environ.get("SUBMARINE_SERVER_DNS_NAME"):
        port = os.environ.get("SUBMARINE_SERVER_PORT")
        url = f"http://{name}:{port}" if port else f"http://{name}"
        return NamedServer(url, token_file=token_file)
    if token_file:
        raise ConfigurationError("token_file: belongs to no server; name one with host=")
    return EmbeddedServer()


def _token_of_the_environment() -> tuple[str | None, str | None]:
    """Return the token, or the file that holds it."""
    token = os.environ.get("SUBMARINE_TOKEN") or None
    return token, None if token else os.environ.get("SUBMARINE_TOKEN_FILE") or None


def checked_url(url: str) -> str:
    """Return a server's URL without trailing slash; ConfigurationError if it is none."""
    example = "give it as http://127.0.0.1:32080"
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ConfigurationError(f"{url!r} is no URL of a server; {example}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise ConfigurationError(f"{url!r} is no URL of a server; {example}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The URL of a server holds no user, password, query or fragment; "
            f"{example}, and the token as SUBMARINE_TOKEN or in SUBMARINE_TOKEN_FILE"
        )
    return text
