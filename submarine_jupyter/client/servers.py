"""Which server the client talks to, and with which token."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from .. import launch
from ..errors import ConfigurationError, NotStarted
from .starting import start_notice

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
    """Where requests go: a URL without a trailing slash, and the token made for it.

    `ca_file` holds the certificates that the server's is checked against; None means the usual.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    ca_file: str | None = None


class Locator(Protocol):
    """Finds the server, again if need be."""

    def current(self, start: Start) -> Endpoint:
        """Return where the server is; raises ServerUnavailable."""

    def again(self, start: Start, *, gone: bool) -> bool:
        """Look again; whether there is something new to try.

        Parameters
        ----------
        gone
            Whether nobody is there any more; else it refused the token, or was late.
        """


class NamedServer:
    """A server given by its URL."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        token_file: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        if ca_file and not os.access(ca_file, os.R_OK):
            raise ConfigurationError(
                f"SUBMARINE_CA_FILE: {ca_file} cannot be read; name the file that holds the "
                "certificates of the server's authority, in PEM"
            )
        self._token_file = token_file
        first_token = token if token is not None else self._read_token()
        self._endpoint = Endpoint(checked_url(url), first_token, ca_file)

    def current(self, start: Start) -> Endpoint:  # noqa: ARG002 - not ours to start
        """Return the server's place."""
        return self._endpoint

    def again(self, start: Start, *, gone: bool) -> bool:  # noqa: ARG002 - not ours to start
        """Read the token file again; whether the token has changed."""
        if self._token_file is None:
            return False
        before, self._endpoint = self._endpoint, replace(self._endpoint, token=self._read_token())
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
            server = launch.ensure(self._directory, notice=start_notice)
        return Endpoint(server.url.rstrip("/"), server.token)


def locate(host: str | None = None, token_file: str | None = None) -> Locator:
    """Return the server to use: the arguments', else the environment's, else the embedded one.

    Token and CA file of the environment go with `host` too, unless `SUBMARINE_URL` names another
    server: a token is sent only to the server it was made for.

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
        if named and checked_url(named) != checked_url(url):
            return NamedServer(url, token_file=token_file)
        ca_file = os.environ.get("SUBMARINE_CA_FILE") or None
        if token_file:
            return NamedServer(url, token_file=token_file, ca_file=ca_file)
        return NamedServer(url, *_token_of_the_environment(), ca_file)
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
    # What may be a password or a token is never shown: outputs are saved with the notebook.
    if any(mark in text for mark in "@?#"):
        raise ConfigurationError(
            "The URL of a server holds no user, password, query or fragment; "
            f"{example}, and the token as SUBMARINE_TOKEN or in SUBMARINE_TOKEN_FILE"
        )
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ConfigurationError(f"{url!r} is no URL of a server; {example}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise ConfigurationError(f"{url!r} is no URL of a server; {example}")
    return text
