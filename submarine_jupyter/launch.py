"""Find the embedded experiment server of a data directory, start it, stop it."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from .datadir import PRIVATE_FILE, ServerFile, data_dir, host_dir, make_private
from .errors import ServerUnavailable
from .processes import inheritable_environment

_LEAST_FREE = 256 * 1024
_POLL = 0.02
_IDLE_TIMEOUT = 30 * 60

# A server that is ending may keep its directory for some seconds.
_LOCK_PATIENCE = 15


@dataclass(frozen=True)
class Server:
    """A running experiment server.

    Attributes
    ----------
    url
        Base URL, without a slash at its end.
    token
        To be sent as `Authorization: Bearer`; None when the server asks for none.
    server_id
        Stable id of its store.
    version
        Of the package that runs it.
    pid
        Of its process.
    """

    url: str
    token: str | None = field(repr=False)
    server_id: str
    version: str
    pid: int


def find(directory: Path | None = None) -> Server | None:
    """Return the server that runs on a data directory, or None. Reads files only."""
    file = _server_file(directory)
    if file is None or not file.is_running():
        return None
    return Server(file.url, file.read_token(), file.server, file.version, file.pid)


def known_server_id(directory: Path | None = None) -> str | None:
    """Return the id of the data directory's store, also while its server does not run."""
    file = _server_file(directory)
    return file.server if file else None


def ensure(
    directory: Path | None = None,
    timeout: float = 30.0,
    notice: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Server:
    """Return the running server of a data directory; start it, detached, when there is none.

    Parameters
    ----------
    timeout
        Seconds to wait for another starter, and for the server to be ready.
    notice
        Gives a context that lasts while this call starts a server; it may say so.

    Raises
    ------
    ServerUnavailable
        It could not be started; the text holds what it said.
    """
    directory = make_private((directory or data_dir()).absolute())
    deadline = time.monotonic() + timeout
    running = find(directory)
    if running is not None:
        return running
    if platform.system() == "Windows":
        raise ServerUnavailable(
            "experiments run locally on Linux and macOS; use WSL, or set SUBMARINE_URL to a "
            "remote experiment server"
        )
    own = make_private(host_dir(directory))
    try:
        with FileLock(own / "launch.lock", timeout=timeout):
            running = find(directory)
            if running is not None:
                return running
            with notice():
                return _start(directory, own / "server.log", deadline)
    except Timeout:
        raise ServerUnavailable(
            f"another process has been starting the experiment server for {timeout:.0f} s; "
            f"see {own / 'server.log'}"
        ) from None


def stop(directory: Path | None = None, timeout: float = 10.0) -> bool:
    """End the server of a data directory; runs go on. Return whether there was one.

    Raises
    ------
    ServerUnavailable
        It did not end within `timeout` seconds.
    """
    file = _server_file(directory)
    if file is None or not file.is_running():
        return False
    os.kill(file.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while file.is_running():
        if time.monotonic() > deadline:
            raise ServerUnavailable(
                f"the experiment server (pid {file.pid}) has not stopped within {timeout:.0f} s"
            )
        time.sleep(_POLL)
    return True


def _server_file(directory: Path | None) -> ServerFile | None:
    return ServerFile.read(host_dir(directory or data_dir()))


def _start(directory: Path, log: Path, deadline: float) -> Server:
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
    command += ["--data-dir", str(directory), "--idle-timeout", str(_IDLE_TIMEOUT)]
    command += ["--lock-patience", str(_LOCK_PATIENCE)]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            # `-m` looks for modules in the working directory first: not in the caller's.
            cwd=directory,
            env=inheritable_environment(),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        server = find(directory)
        if server is not None:
            return server
        if ended:
            raise ServerUnavailable(f"the experiment server did not start: {_last_words(log)}")
        time.sleep(_POLL)
    process.terminate()
    raise ServerUnavailable(f"the experiment server was not ready in time; see {log}")


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if lines:
        return lines[-1]
    if shutil.disk_usage(log.parent).free < _LEAST_FREE:
        # It could not write that itself.
        return f"the disk that holds {log.parent} is full; free some space"
    return f"it said nothing; see {log}"
