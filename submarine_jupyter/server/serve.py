"""A server process, from the lock on its data directory to its end."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
from importlib.metadata import version
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout

from ..datadir import ServerFile, make_private, write_private
from ..errors import ConfigurationError
from .access import host_values
from .app import create_app
from .clients import Clients
from .service import ExperimentService
from .settings import Settings
from .store import Store
from .submitters.local.submitter import LocalSubmitter

log = logging.getLogger(__name__)

_SHUTDOWN_GRACE = 5
_IDLE_CHECK = 1.0


def serve(settings: Settings) -> None:
    """Serve until told to end, or until idle for as long as the settings allow.

    Raises
    ------
    ConfigurationError
        Another server has the data directory, or the port is taken.
    """
    directory = make_private(settings.data_dir)
    try:
        with FileLock(directory / "server.lock", timeout=0):
            _serve(settings, directory)
    except Timeout:
        raise ConfigurationError(
            f"another experiment server uses {directory}; stop it with `submarine-jupyter stop`, "
            "or give this one another --data-dir"
        ) from None


def _serve(settings: Settings, directory: Path) -> None:
    listener = _listen(settings)
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    token = secrets.token_urlsafe(32) if settings.auth else None
    token_file = directory / "token"
    if token:
        write_private(token_file, token)
    store = Store(directory / "experiments.db")
    service = ExperimentService(store, LocalSubmitter(directory / "experiments", settings.rules))
    clients = Clients()
    app = create_app(service, clients, token, host_values(host, port, settings.allowed_hosts))
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_SHUTDOWN_GRACE,
            server_header=False,
        ),
        service,
        clients,
        settings.idle_timeout,
    )
    service.start()
    ServerFile.of_this_process(
        url, str(token_file) if token else "", version("submarine-jupyter"), service.server_id
    ).write(directory)
    log.info("serving experiments on %s, data in %s", url, directory)
    # uvicorn raises the signal that ended it once more: by then there is nothing left to end.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        server.run(sockets=[listener])
    finally:
        service.stop()
        store.close()


class _Server(uvicorn.Server):
    """uvicorn, ending its streams when it ends, and ending itself when nobody needs it."""

    def __init__(
        self,
        config: uvicorn.Config,
        service: ExperimentService,
        clients: Clients,
        idle_timeout: float | None,
    ) -> None:
        super().__init__(config)
        self._service = service
        self._clients = clients
        self._idle_timeout = idle_timeout

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        watch = asyncio.create_task(self._end_when_idle())
        try:
            await super().serve(sockets)
        finally:
            watch.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.feed.close()
        await super().shutdown(sockets)

    async def _end_when_idle(self) -> None:
        while self._idle_timeout is not None:
            await asyncio.sleep(_IDLE_CHECK)
            if self._service.is_idle and self._clients.idle_for > self._idle_timeout:
                self.should_exit = True
                return


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
            "choose another with --port (0 takes a free one)"
        ) from None
    # asyncio sets it only on sockets it has made: without it each answer waits 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
