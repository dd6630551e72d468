"""The experiment servers that requests can go to, by name."""

from __future__ import annotations

import asyncio
import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ConfigurationError, NotFound, ServerUnavailable
from .settings import EMBEDDED, Remote, UpstreamSettings
from .transport import Answer, Call, Endpoint, Transport, Unreachable

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_LOOK_SECONDS = 1.0
_INFO_BYTES = 64 * 1024
_INFO_SECONDS = 5.0
_LEAVING_SECONDS = 3.0
_FOUND_SECONDS = 0.5
_INFO_CALL = Call("GET", "api/v1/info", repeatable=True, silence=_INFO_SECONDS)
# What a gateway answers for a server that is not there.
_GATEWAY_CODES = frozenset({502, 503, 504})


class NotStarted(ServerUnavailable):
    """The embedded server is not running, and nothing asked for it to be started."""

    def __init__(self) -> None:
        super().__init__("No experiment server is running. Submit an experiment: that starts it.")


@dataclass(frozen=True)
class UpstreamInfo:
    """What an upstream says of itself; empty for one that knows no ``info``.

    Attributes
    ----------
    role
        What its token allows, `reader` or `writer`.
    """

    server: str | None = None
    version: str | None = None
    role: str | None = None
    features: frozenset[str] = frozenset()


def backoff(attempt: int) -> float:
    """Return the seconds to wait before attempt 0, 1, …: doubled each time, and jittered."""
    return min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(attempt, 16)) * random.uniform(0.5, 1.0)  # noqa: S311


class Upstream(ABC):
    """A named server with the Experiment API, wherever it is at the moment.

    Attributes
    ----------
    name
        As it appears in routes and in the configuration.
    trusted
        Whether what it sends is known to be ours, and well-formed.
    """

    trusted = False

    def __init__(self, name: str, transport: Transport) -> None:
        self.name = name
        self._transport = transport
        self._info: UpstreamInfo | None = None
        self._info_time = 0.0
        self._asking: asyncio.Task[UpstreamInfo] | None = None
        self._lookout: asyncio.Task[None] | None = None
        self._waiting = 0

    @abstractmethod
    async def endpoint(
        self, *, start: bool = False, dead: Endpoint | None = None, reread: bool = False
    ) -> Endpoint:
        """Return where the upstream is now.

        Parameters
        ----------
        start
            Start it, where that is ours to do.
        dead
            An endpoint where nobody answered a moment ago.
        reread
            Read its token again, even if nothing shows that it changed.

        Raises
        ------
        ServerUnavailable
            It is nowhere.
        """

    async def server_id(self) -> str | None:
        """Return the stable id of its store, even of one that is not running, if it is known."""
        return self._info.server if self._info else None

    async def request(self, call: Call, *, start: bool = False) -> Answer:
        """Send a call; when the server has moved meanwhile, send it there once more.

        Parameters
        ----------
        start
            Start the server if it is not running, where that is ours to do.

        Raises
        ------
        ServerUnavailable
            There is no server, or it did not answer.
        """
        endpoint = await self.endpoint(start=start)
        for is_last in (False, True):
            failure: Unreachable | None = None
            try:
                answer = await self._transport.send(self.name, endpoint, call)
            except Unreachable as error:
                if is_last or (error.sent and not call.repeatable):
                    raise
                failure = error
            else:
                if answer.status != 401 or is_last:
                    return answer
            # Nobody there, or the token is one of an earlier life: look again where the server is.
            if failure is not None:
                fresh = await self.endpoint(start=start, dead=endpoint)
                if fresh == endpoint:
                    raise failure
            else:
                fresh = await self.endpoint(start=start, reread=True)
                if fresh == endpoint:
                    return answer
                answer.close()
            endpoint = fresh
        raise AssertionError("the second attempt returns or raises")

    async def info(self, max_age: float = _INFO_SECONDS) -> UpstreamInfo:
        """Return what the upstream says of itself, at most ``max_age`` seconds old.

        Raises
        ------
        ServerUnavailable
            It does not answer, or what answers is no server of experiments.
        """
        if self._info is not None and time.monotonic() - self._info_time <= max_age:
            return self._info
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_info())
            # All who asked may have gone when it fails; then nobody is there to hear of it.
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._asking)

    async def _ask_info(self) -> UpstreamInfo:
        self._info = await self._fetch_info()
        self._info_time = time.monotonic()
        return self._info

    async def _fetch_info(self) -> UpstreamInfo:
        answer = await self.request(_INFO_CALL)
        try:
            body = await answer.read(_INFO_BYTES)
        finally:
            answer.close()
        if answer.status in {401, 403}:
            raise ServerUnavailable(
                f"The upstream '{self.name}' refuses its token; check its token file."
            )
        if self._is_gateway(answer.status) or 300 <= answer.status < 400:
            raise ServerUnavailable(
                f"The upstream '{self.name}' is not there: its address answers {answer.status}."
            )
        result = _result(body)
        if answer.status != 200 or result is None:
            # Apache Submarine has no such route; but a web page with 200 is a log-in, not an API.
            if answer.status == 200:
                raise ServerUnavailable(
                    f"What answers at the upstream '{self.name}' is no experiment server; "
                    "check its address."
                )
            return UpstreamInfo()
        features = result.get("features")
        return UpstreamInfo(
            server=_text(result.get("server")),
            version=_text(result.get("version")),
            role=_text(result.get("role")),
            features=frozenset(
                feature
                for feature in (features if isinstance(features, list) else [])
                if isinstance(feature, str)
            ),
        )

    async def recovered(self) -> None:
        """Wait until the upstream may answer again; one look-out serves all who wait."""
        if self._lookout is None or self._lookout.done():
            self._lookout = asyncio.create_task(self._look_out())
        self._waiting += 1
        try:
            await asyncio.shield(self._lookout)
        finally:
            self._waiting -= 1
            if not self._waiting and self._lookout is not None:
                self._lookout.cancel()
                self._lookout = None  # who comes next needs one that is not about to end

    def close(self) -> None:
        """Stop looking for it."""
        for task in (self._asking, self._lookout):
            if task is not None:
                task.cancel()

    async def _look_out(self) -> None:
        attempt = 0
        delay = backoff(attempt)
        while True:
            await asyncio.sleep(delay)
            try:
                answer = await self.request(_INFO_CALL)
            except NotStarted:
                delay = _LOOK_SECONDS  # a glance at a file
                continue
            except ServerUnavailable:
                pass
            else:
                answer.close()
                if not self._is_gateway(answer.status):
                    return
            attempt += 1
            delay = backoff(attempt)

    def _is_gateway(self, status: int) -> bool:
        # A server that has told its features does not lose the route.
        knows_route = self._info is not None and bool(self._info.features)
        return status in _GATEWAY_CODES or (status == 404 and knows_route)


class RemoteUpstream(Upstream):
    """An upstream at a configured address."""

    def __init__(self, remote: Remote, transport: Transport) -> None:
        super().__init__(remote.name, transport)
        self._remote = remote
        self._endpoint = Endpoint(remote.url, remote.token, remote.tls)
        self._token_stamp: tuple[int, int, int] | None = None

    async def endpoint(
        self,
        *,
        start: bool = False,  # noqa: ARG002 - not ours to start
        dead: Endpoint | None = None,  # noqa: ARG002 - its address is fixed
        reread: bool = False,
    ) -> Endpoint:
        """Return the configured address, with the token as its file holds it now."""
        path = self._remote.token_file
        if path is None:
            return self._endpoint
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._token_stamp or reread:
                text = await asyncio.to_thread(path.read_text, "utf-8")
                token = text.strip() or None
                self._endpoint = replace(self._endpoint, token=token)
                self._token_stamp = stamp
        except (OSError, UnicodeDecodeError) as error:
            raise ServerUnavailable(
                f"The token file of the upstream '{self.name}' cannot be read; "
                "check SubmarineExtension.upstreams."
            ) from error
        return self._endpoint


class EmbeddedUpstream(Upstream):
    """The server of this machine's data directory, started on demand."""

    trusted = True

    def __init__(self, transport: Transport, start_timeout: float) -> None:
        super().__init__(EMBEDDED, transport)
        self._start_timeout = start_timeout
        self._starting = asyncio.Lock()
        self._found: Endpoint | None = None
        self._found_time = 0.0

    async def endpoint(
        self,
        *,
        start: bool = False,
        dead: Endpoint | None = None,
        reread: bool = False,
    ) -> Endpoint:
        """Return where ``server.json`` says the server is, its process checked."""
        from .. import launch

        # A look takes a thread and three files, a third of a small call's time. For half a second
        # an old answer does: a server that ended meanwhile has taken its token with it.
        is_recent = time.monotonic() - self._found_time < _FOUND_SECONDS
        if self._found is not None and is_recent and not (start or dead or reread):
            return self._found
        found = await self._find()
        if start and found is not None and found == dead:
            # It closed its socket and is about to leave; a new one can start when it has left.
            deadline = time.monotonic() + _LEAVING_SECONDS
            while found == dead and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
                found = await self._find()
        if found is not None:
            return found
        if not start:
            raise NotStarted
        async with self._starting:
            server = await asyncio.to_thread(launch.ensure, timeout=self._start_timeout)
        return Endpoint(server.url.rstrip("/"), server.token)

    async def _find(self) -> Endpoint | None:
        from .. import launch

        server = await asyncio.to_thread(launch.find)
        self._found = None if server is None else Endpoint(server.url.rstrip("/"), server.token)
        self._found_time = time.monotonic()
        return self._found

    async def server_id(self) -> str | None:
        """Return the id of the store, running or not."""
        from .. import launch

        return await asyncio.to_thread(launch.known_server_id)


class Upstreams:
    """All upstreams by name, and which of them is the default."""

    def __init__(
        self, settings: UpstreamSettings, transport: Transport, start_timeout: float
    ) -> None:
        self.default = settings.default
        self._transport = transport
        everyone: list[Upstream] = [EmbeddedUpstream(transport, start_timeout)]
        everyone += [RemoteUpstream(remote, transport) for remote in settings.remotes]
        self._by_name: Mapping[str, Upstream] = {upstream.name: upstream for upstream in everyone}
        if self.default not in self._by_name:
            raise ConfigurationError(f"There is no upstream {self.default!r}.")

    def __iter__(self) -> Iterator[Upstream]:
        return iter(self._by_name.values())

    async def close(self) -> None:
        """Close every connection and stop every look-out."""
        for upstream in self:
            upstream.close()
        await self._transport.close()

    def named(self, name: str | None) -> Upstream:
        """Return the upstream of that name, the default one for none.

        Raises
        ------
        NotFound
            None has that name.
        """
        try:
            return self._by_name[self.default if name is None else name]
        except KeyError:
            raise NotFound(
                404,
                f"There is no upstream of that name; configured are: {', '.join(self._by_name)}.",
            ) from None


def _result(body: bytes) -> dict[str, Any] | None:
    try:
        envelope = json.loads(body)
    except ValueError:
        return None
    result = envelope.get("result") if isinstance(envelope, dict) else None
    return result if isinstance(result, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
