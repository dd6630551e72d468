"""A server process, from the lock on its data directory to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import secrets
import signal
import socket
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn
from filelock import FileLock, Timeout

from ..addresses import is_loopback
from ..datadir import ServerFile, host_dir, make_private, write_private
from ..errors import ConfigurationError
from .access import host_values
from .app import create_app
from .clients import Clients
from .service import ExperimentService
from .settings import Settings
from .store import Store
from .submitters.choice import make_submitter
from .tokens import OwnToken, TokenFile, Tokens

log = logging.getLogger(__name__)

_SHUTDOWN_GRACE = 5
_IDLE_CHECK = 1.0
_BACKLOG = 512
# A database may find out a little later that a server was killed.
_DATABASE_PATIENCE = 5


def serve(settings: Settings) -> None:
    """Serve until told to end, or until idle for as long as the settings allow.

    Raises
    ------
    ConfigurationError
        Another server has the data directory, or the port is taken.
    """
    # Whatever this process writes may hold secrets of specs.
    os.umask(0o077)
    _allow_many_files()
    directory = make_private(settings.data_dir.absolute())
    own = make_private(host_dir(directory))
    try:
        with FileLock(own / "server.lock", timeout=settings.lock_patience):
            _serve(settings, directory, own)
    except Timeout:
        raise ConfigurationError(
            f"{_holder(own)} uses {directory}; stop it with `submarine-jupyter stop --data-dir "
            f"{directory}`, or give this one another --data-dir"
        ) from None


def _holder(own: Path) -> str:
    other = ServerFile.read(own)
    if other is None or not other.is_running():
        return "another experiment server"
    return f"the experiment server at {other.url} (pid {other.pid})"


def _serve(settings: Settings, directory: Path, own: Path) -> None:
    tokens, token_file = _tokens(settings, own)
    if settings.certificate is not None:
        settings.certificate.check()
    elif settings.auth and not is_loopback(settings.host):
        log.warning(
            "tokens and logs cross the network unencrypted; use --tls-cert, or a proxy with TLS"
        )
    listener = _listen(settings)
    host, port = listener.getsockname()[:2]
    scheme = "http" if settings.certificate is None else "https"
    url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
    patience = max(settings.lock_patience, _DATABASE_PATIENCE)
    store = Store.in_directory(own, settings.database_url, patience)
    variables = settings.tracking.variables(store.tracked.uri)
    submitter = make_submitter(settings, directory / "experiments", variables)
    service = ExperimentService(store, submitter, settings.tracking)
    clients = Clients()
    app = create_app(service, clients, tokens, host_values(host, port, settings.allowed_hosts))
    file = ServerFile.of_this_process(
        url, token_file, version("submarine-jupyter"), service.server_id
    )

    def is_idle() -> bool:
        limit = settings.idle_timeout
        return limit is not None and service.is_idle and clients.idle_for > limit

    def leave() -> None:
        # Before the streams end, so that their readers do not find this server once more.
        file.leaving().write(own)
        service.feed.close()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_GRACE,
        server_header=False,
        # Of asyncio's tries to accept in one go; see `_Server.startup` for the real one.
        backlog=1,
        **_tls(settings),
    )
    server = _Server(config, is_idle, leave)
    # Whoever finds the server may end it before uvicorn listens to signals; and uvicorn raises
    # the one that ended it once more, when there is nothing left to end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    service.start()
    file.write(own)
    log.info("serving experiments on %s, data in %s", url, directory)
    try:
        server.run(sockets=[listener])
    finally:
        service.stop()
        submitter.close()
        store.close()


def _tokens(settings: Settings, own: Path) -> tuple[Tokens | None, str]:
    """Return the tokens that are let in, and the file with the one that clients here may use."""
    if not settings.auth:
        return None, ""
    if settings.tokens is not None:
        return TokenFile(settings.tokens.absolute()), ""
    token = secrets.token_urlsafe(32)
    write_private(own / "token", token)
    return OwnToken(token), str(own / "token")


def _tls(settings: Settings) -> dict[str, Any]:
    certificate = settings.certificate
    if certificate is None:
        return {}
    return {"ssl_certfile": certificate.chain, "ssl_keyfile": certificate.key}


class _Server(uvicorn.Server):
    """uvicorn that ends when it is idle, and says so first."""

    def __init__(
        self, config: uvicorn.Config, is_idle: Callable[[], bool], leave: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._is_idle = is_idle
        self._leave = leave

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        watch = asyncio.create_task(self._end_when_idle())
        try:
            await super().serve(sockets)
        finally:
            watch.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # asyncio tries to accept once for each place in the backlog, also when no descriptor is
        # left, and sets a timer for each: with one place that costs nothing. The waiting
        # connections need their places all the same.
        for listener in sockets or []:
            listener.listen(_BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leave()
        await super().shutdown(sockets)

    async def _end_when_idle(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(_IDLE_CHECK)
            if self._is_idle():
                self.should_exit = True


def _allow_many_files() -> None:
    """Use all the descriptors the system allows: each watched log takes one."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server(
            (settings.host, settings.port), family=family, backlog=_BACKLOG
        )
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
            "choose others with --host and --port (port 0 takes a free one)"
        ) from None
    # asyncio sets it only on sockets it has made: without it each answer waits 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
