"""Requests to an experiment server: time-outs, retries, tokens, and the envelope's errors."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import Self
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import TimeoutError as WaitedInVain
from urllib3.util import Retry

from ..addresses import is_loopback
from ..errors import ApiError, BadRequest, ServerUnavailable, UnknownPath
from .servers import Endpoint, Locator, Start

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 60.0


class _Repeats(Retry):
    """Repeats what broke off, but nothing that was waited for in vain: the wait is long enough."""

    def increment(self, *given: Any, **named: Any) -> Self:
        """Return what is left of the repetitions; raises the error if there are none."""
        error = named.get("error")
        # A refused connection is one of urllib3's time-outs, too.
        late = isinstance(error, WaitedInVain) and not isinstance(error, NewConnectionError)
        return super(_Repeats, self.new(total=0) if late else self).increment(*given, **named)


# Only reading is repeated by itself: whether a lost DELETE or PATCH has happened is for the
# caller to find out, and a lost create is repeated under its key.
_RETRY = _Repeats(
    total=3,
    connect=1,
    read=2,
    status=3,
    redirect=0,
    allowed_methods=("GET", "HEAD"),
    status_forcelist=(502, 503, 504),
    backoff_factor=0.2,
    backoff_jitter=0.2,
    raise_on_status=False,
    respect_retry_after_header=False,
)

_CUT_BODIES = 2
"""How often a GET is repeated whose answer breaks off within its body."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request.

    Attributes
    ----------
    path
        Below the server's URL, quoted, beginning with `/`.
    body
        Sent as JSON when it is not None.
    key
        Idempotency key; with it a call that may have arrived is repeated.
    start
        Whether the embedded server may be started for this.
    read_timeout
        Seconds that the server may be silent, and that a connection may take if they are few.
    """

    path: str
    method: str = "GET"
    params: Mapping[str, str] | None = None
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    start: Start = "if-known"
    read_timeout: float = READ_TIMEOUT

    @property
    def may_be_repeated(self) -> bool:
        """Whether doing it twice does no more than doing it once."""
        return self.method == "GET" or self.key is not None


@dataclass(frozen=True)
class Answer:
    """What a server answered: the envelope without its status and message."""

    result: Any
    attributes: Mapping[str, Any] = field(default_factory=dict)
    code: int = 200
    success: bool = True


class Transport:
    """A session with one server.

    Parameters
    ----------
    locator
        Tells where the server is, and whether it has moved.
    """

    def __init__(self, locator: Locator) -> None:
        self._locator = locator
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_RETRY))

    def endpoint(self, start: Start = "no") -> Endpoint:
        """Return where requests go now; raises ServerUnavailable."""
        return self._locator.current(start)

    def call(self, call: Call) -> Answer:
        """Ask the server and open the envelope.

        Raises
        ------
        ServerUnavailable
            Nothing answers there.
        ApiError
            The server answered with an error.
        """
        return _open_envelope(self._send(call, stream=False))

    def get(self, path: str) -> Any:
        """Return the result of a GET of something that an experiment has."""
        return self.call(Call(path=path)).result

    def open(self, call: Call) -> requests.Response:
        """Return an answer with its body still to be read; the caller closes it."""
        response = self._send(call, stream=True)
        if not response.ok:
            with response:
                _open_envelope(response)
        return response

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _send(self, call: Call, *, stream: bool) -> requests.Response:
        headers = dict(call.headers)
        if call.key:
            headers["Idempotency-Key"] = call.key
        looked_again = False
        while True:
            endpoint = self._locator.current(call.start)
            try:
                response = self._ask(call, endpoint, headers, stream)
            except requests.RequestException as error:
                if looked_again or not self._may_repeat(call, error):
                    raise ServerUnavailable(_unavailable(endpoint.url, error, call)) from error
            else:
                refused = response.status_code == 401
                if looked_again or not refused or not self._locator.again(call.start, gone=False):
                    return _without_redirect(response, endpoint.url)
                response.close()
            looked_again = True

    def _ask(
        self, call: Call, endpoint: Endpoint, headers: Mapping[str, str], stream: bool
    ) -> requests.Response:
        left = _CUT_BODIES
        while True:
            try:
                response = self._session.request(
                    call.method,
                    endpoint.url + call.path,
                    params=call.params,
                    json=call.body,
                    headers=headers,
                    auth=_Bearer(endpoint.token),
                    proxies=_proxies(endpoint.url),
                    verify=endpoint.ca_file,
                    timeout=(min(CONNECT_TIMEOUT, call.read_timeout), call.read_timeout),
                    allow_redirects=False,
                    stream=stream,
                )
                _require_whole_head(response)
            except requests.exceptions.ChunkedEncodingError:
                # The retries of urllib3 end where the body begins.
                if call.method != "GET" or left == 0:
                    raise
            else:
                return response
            left -= 1
            time.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - spreads repetitions

    def _may_repeat(self, call: Call, error: requests.RequestException) -> bool:
        """Return whether to send a call once more: elsewhere, or under its key."""
        arrived = not _never_arrived(error)
        if arrived and not call.may_be_repeated:
            return False
        moved = self._locator.again(call.start, gone=not _came_too_late(error))
        return moved or (arrived and call.key is not None)


def chunks_of(response: requests.Response, size: int | None = None) -> Iterator[bytes]:
    """Yield an answer's body in chunks of at most `size` bytes; without a size as they come.

    Raises
    ------
    ServerUnavailable
        The connection broke off.
    """
    try:
        yield from response.iter_content(size)
    except requests.RequestException as error:
        parts = urlsplit(response.url)
        raise ServerUnavailable(_unavailable(f"{parts.scheme}://{parts.netloc}", error)) from error


class _Bearer(requests.auth.AuthBase):
    """Adds the token; also without one it keeps requests from sending passwords of a netrc."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _proxies(url: str) -> dict[str, str] | None:
    """Keep requests to this machine off the proxies that the environment names."""
    local = is_loopback(urlsplit(url).hostname or "")
    # requests takes an empty address as "no proxy", where None means "as the environment says".
    return {"http": "", "https": "", "all": ""} if local else None


def _never_arrived(error: requests.RequestException) -> bool:
    return isinstance(error, requests.ConnectTimeout) or isinstance(
        _last_reason(error), NewConnectionError
    )


def _came_too_late(error: requests.RequestException) -> bool:
    return isinstance(error, requests.Timeout) or (
        isinstance(_last_reason(error), WaitedInVain) and not _never_arrived(error)
    )


def _last_reason(error: requests.RequestException) -> object:
    """Return why the last try failed, of several or of one."""
    cause = error.args[0] if error.args else None
    return getattr(cause, "reason", cause)


def _unavailable(url: str, error: requests.RequestException, call: Call | None = None) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {url} cannot be verified; set SUBMARINE_CA_FILE to its CA file"
    if _never_arrived(error):
        return f"No server answers at {url}; check the address and that the server is running"
    if call is not None and not call.may_be_repeated:
        # Asking once more could run an experiment twice.
        return (
            f"The connection to {url} broke off; what was asked for may have been done, so look "
            "at list_experiments() before you try again"
        )
    if _came_too_late(error):
        return f"The server at {url} did not answer in time; try again, or check that it is well"
    return f"The connection to {url} broke off; check that the server is running, and try again"


def _without_redirect(response: requests.Response, url: str) -> requests.Response:
    """Refuse redirects: following one would take the token elsewhere."""
    if not response.is_redirect:
        return response
    target = urlsplit(response.headers.get("Location", ""))
    response.close()
    place = f"{target.scheme}://{target.netloc}" if target.netloc else "another address"
    raise ServerUnavailable(
        f"The server at {url} redirects to {place}; if that is right, use that address instead"
    )


def _require_whole_head(response: requests.Response) -> None:
    """Refuse an answer that broke off within its head, which http.client takes for a whole one."""
    tells = ("Content-Length", "Transfer-Encoding", "Connection")
    if response.ok and not any(name in response.headers for name in tells):
        response.close()
        raise requests.exceptions.ChunkedEncodingError("The head of the answer broke off")


def _open_envelope(response: requests.Response) -> Answer:
    try:
        envelope = response.json()
    except ValueError:
        envelope = None
    if not isinstance(envelope, dict) or not {"code", "success"} <= envelope.keys():
        if response.ok:
            raise ServerUnavailable(
                f"What answers at {response.url} is no Submarine server; check the address"
            )
        if response.status_code == 404:
            raise UnknownPath(
                f"What answered 404 at {response.url} is not the experiment server, or one "
                "without such a route; try again, in case it is starting, or check the address"
            )
        raise _error(response, f"The server answered {response.status_code} {response.reason}")
    message = str(envelope.get("message") or f"The server answered {response.status_code}")
    if not response.ok:
        raise _error(response, message)
    if envelope.get("success") is not True:
        # The API answers an empty spec so, with HTTP 200.
        raise BadRequest(400, message)
    return Answer(envelope.get("result"), envelope.get("attributes") or {})


def _error(response: requests.Response, message: str) -> ApiError:
    code = response.status_code
    advice = _ADVICE.get(code, "")
    if code >= 500 and "try again" not in message:
        advice = _TRY_AGAIN
    elif code == 401 and "Authorization" not in response.request.headers:
        advice = _SENT_NONE
    elif code == 404 and message == _NO_EXPERIMENT:
        advice = "list_experiments() shows the ids that there are"
    return ApiError.from_code(code, message, advice)


_NO_EXPERIMENT = "Not found experiment."
_TRY_AGAIN = "try again, and if it stays so look at the log of the server"
_SENT_NONE = (
    "set SUBMARINE_TOKEN_FILE to the file that holds the token of this server, or SUBMARINE_TOKEN "
    "to the token"
)

_ADVICE = {
    401: "the token is not, or no longer, that of this server, so get its new one and set "
    "SUBMARINE_TOKEN_FILE or SUBMARINE_TOKEN",
    403: "use the address and the token that whoever runs this server gives you",
    409: "look at the experiment as it is now, then try again",
    413: "keep large data in files that the program reads, or its code in git (`code`)",
}
"""What to do next, where the server's own sentence does not say it."""
