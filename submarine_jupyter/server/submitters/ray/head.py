"""A Ray cluster of one node, for a server that is asked for `--ray-address local`."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from ....datadir import write_private
from ....errors import ConfigurationError

_START_TIMEOUT = 120
_POLL = 0.1
_ADDRESS = re.compile(r"--address='([^']+)'")


class Head:
    """A head of its own, which ends with the server.

    Parameters
    ----------
    root
        Where its log goes.

    Attributes
    ----------
    address
        `HOST:PORT`.
    """

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--port=0"]
        command += ["--include-dashboard=false", "--disable-usage-stats", "--block"]
        token = root / ".ray-token"
        write_private(token, secrets.token_hex(32))
        # Without a token every user of this machine, and of its network, could run what he likes.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(token)
        log = root / ".ray-head.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - Ray's own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.address = self._wait(log)

    def _wait(self, log: Path) -> str:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            text = log.read_text(encoding="utf-8", errors="replace")
            if found := _ADDRESS.search(text):
                return found[1]
            if self._process.poll() is not None:
                break
            time.sleep(_POLL)
        self.stop()
        last = (text.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigurationError(f"Ray did not start on this machine: {last}")

    def stop(self) -> None:
        """End the cluster."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
