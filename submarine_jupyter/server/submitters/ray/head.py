"""A Ray cluster of one node, for a server that is asked for `--ray-address local`."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from ....datadir import write_private
from ....errors import ConfigurationError
from ....processes import boot_id, is_alive, start_of
from .endpoint import answers

log = logging.getLogger(__name__)

_START_TIMEOUT = 120
_STOP_TIMEOUT = 10
_RETRY = 10.0
_POLL = 0.1
_ADDRESS = re.compile(r"--address='([^']+)'")
_TOKEN = "RAY_AUTH_TOKEN_PATH"  # noqa: S105 - the name of a variable
# Ray would make an environment three times from the start before it refuses it.
_SETTINGS = {"RUNTIME_ENV_RETRY_TIMES": "1"}


class Head:
    """A head of its own, which ends with the server.

    One that a killed server has left goes on with the next, and its runs with it. One that is of
    no use any more is ended with all that belongs to it, and another is started.

    Parameters
    ----------
    root
        Where its log and its token are.

    Attributes
    ----------
    address
        `HOST:PORT`; None while it is being started again.
    is_new
        Whether the runs of the server before this one were on another, if they were.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / ".ray-head.json"
        self._token = root / ".ray-token"
        self._is_closed = threading.Event()
        self._starter: threading.Thread | None = None
        # Without a token every user of this machine, and of its network, could run what he likes.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ[_TOKEN] = str(self._token)
        known = _Leader.read(self._file)
        self.is_new = known is None or not known.is_usable()
        if known is not None and not self.is_new:
            self._leader = known
        else:
            if known is not None:
                self._end(known)
            self._leader = self._start()
        self.address: str | None = self._leader.address

    @property
    def is_lost(self) -> bool:
        """Whether it has ended, and nobody has started it again."""
        return self.address is not None and not self._leader.is_running()

    def start_again(self) -> None:
        """Start another in its place, in the background."""
        self.address = None
        self._starter = threading.Thread(target=self._replace, daemon=True)
        self._starter.start()

    def stop(self) -> None:
        """End the cluster."""
        self._is_closed.set()
        if self._starter is not None:
            self._starter.join()  # else it might start one that nobody ends
        with suppress(psutil.Error):
            if self._leader.is_running():
                process = psutil.Process(self._leader.pid)
                process.terminate()
                process.wait(_STOP_TIMEOUT)
        self._end(self._leader)

    def _replace(self) -> None:
        self._end(self._leader)
        while not self._is_closed.is_set():
            try:
                self._leader = self._start()
            except (ConfigurationError, OSError) as error:
                log.warning("%s; trying again", error)
                self._is_closed.wait(_RETRY)
            else:
                self.address = self._leader.address
                return

    def _start(self) -> _Leader:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--port=0"]
        command += ["--include-dashboard=false", "--disable-usage-stats", "--block"]
        write_private(self._token, secrets.token_hex(32))
        log_file = self._root / ".ray-head.log"
        with log_file.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - Ray's own command
                command,
                env={**_SETTINGS, **os.environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        # At once: this process may be killed while Ray starts.
        self._leader = _Leader.of(process.pid)
        self._leader.write(self._file)
        address = self._wait(process, log_file)
        leader = _Leader.of(process.pid, address)
        leader.write(self._file)
        return leader

    def _wait(self, process: subprocess.Popen[bytes], log_file: Path) -> str:
        deadline = time.monotonic() + _START_TIMEOUT
        text = ""
        while time.monotonic() < deadline and not self._is_closed.is_set():
            text = log_file.read_text(encoding="utf-8", errors="replace")
            if found := _ADDRESS.search(text):
                return found[1]
            if process.poll() is not None:
                break
            time.sleep(_POLL)
        self._end(self._leader)
        last = (text.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigurationError(f"Ray did not start on this machine: {last}")

    def _end(self, leader: _Leader) -> None:
        """Kill what is left of a cluster."""
        deadline = time.monotonic() + _STOP_TIMEOUT
        while (left := list(leader.processes(self._token))) and time.monotonic() < deadline:
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            time.sleep(_POLL)
        self._file.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Leader:
    """The process that a cluster was started by, the leader of a session of its own."""

    address: str | None
    pid: int
    boot: str
    start: str
    ray: str

    @classmethod
    def of(cls, pid: int, address: str | None = None) -> _Leader:
        return cls(address, pid, boot_id(), start_of(pid) or "", version("ray"))

    @classmethod
    def read(cls, file: Path) -> _Leader | None:
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, file: Path) -> None:
        write_private(file, json.dumps(asdict(self)))

    def is_running(self) -> bool:
        return is_alive(self.pid, self.boot, self.start)

    def is_usable(self) -> bool:
        """Whether this server can go on with it."""
        is_there = self.address is not None and self.is_running() and answers(self.address)
        return is_there and self.ray == version("ray")

    def processes(self, token: Path) -> Iterator[psutil.Process]:
        """Yield those of its session; Ray's own may have hidden their variables."""
        # A session keeps its number while it has a process: a stranger's pid means there is none.
        if self.boot != boot_id() or start_of(self.pid) not in {None, self.start}:
            return
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                if os.getsid(process.pid) == self.pid and (
                    process.name().startswith("ray") or process.environ().get(_TOKEN) == str(token)
                ):
                    yield process
