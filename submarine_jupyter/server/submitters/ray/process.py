"""The driver process, started and started again."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from .words import CLUSTER_LOST, CONNECTED, NO_CLUSTER

log = logging.getLogger(__name__)

_DRIVER = "submarine_jupyter.server.submitters.ray.driver"
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 10.0
_WORDS = {
    NO_CLUSTER: "Ray at {address} does not answer",
    CLUSTER_LOST: "the Ray cluster at {address} is gone",
}


class DriverProcess:
    """Keeps a driver running, and tells it what to run.

    Parameters
    ----------
    address
        Of the cluster's head, `HOST:PORT`; it may become another.
    root
        Directory of the experiments.

    Attributes
    ----------
    trouble
        What keeps it from working, in a sentence's part; None while it is connected.
    """

    def __init__(self, address: str, root: Path) -> None:
        self.trouble: str | None
        self._address: str | None = None
        self._root = root
        self._process: subprocess.Popen[str] | None = None
        self._pause = _FIRST_PAUSE
        self._next_start = 0.0
        self._lock = threading.Lock()
        self.connect(address)

    def connect(self, address: str) -> None:
        """Have the next driver connect to this address."""
        with self._lock:
            if address != self._address:
                self.trouble = f"it is connecting to Ray at {address}"
                self._address = address
                self._pause = _FIRST_PAUSE
                self._next_start = 0.0

    def disconnect(self) -> None:
        """End the driver, and start none until there is an address once more."""
        self.stop()
        with self._lock:
            self._process = None
            self._address = None
            self.trouble = "Ray is being started again on this machine"

    def run(self, experiment_id: str) -> None:
        """Have an experiment run; one that it has already is not begun again."""
        with self._lock:
            self._tell(experiment_id)

    def look(self, unfinished: Collection[str]) -> bool:
        """Start a driver if there is none; return whether the cluster was lost since the last look.

        Parameters
        ----------
        unfinished
            What a new driver goes on with.
        """
        with self._lock:
            if self._address is None:
                return False
            code = self._process.poll() if self._process is not None else None
            if self._process is not None and code is None:
                return False
            if self._process is not None:
                self._process = None
                self._next_start = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
                words = _WORDS.get(code or 0, "its driver for Ray at {address} has ended")
                self.trouble = words.format(address=self._address)
                log.warning("%s (exit code %s); trying again", self.trouble, code)
            if time.monotonic() >= self._next_start:
                self._start(self._address, unfinished)
            return code == CLUSTER_LOST

    def stop(self) -> None:
        """End the driver; runs go on."""
        with self._lock:
            if self._process is not None and self._process.stdin is not None:
                with suppress(BrokenPipeError):
                    self._process.stdin.close()
                try:
                    self._process.wait(5)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()

    def _start(self, address: str, unfinished: Collection[str]) -> None:
        environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", _DRIVER, address, str(self._root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self._process = process
        threading.Thread(target=self._listen, args=[process], daemon=True).start()
        for experiment_id in unfinished:
            self._tell(experiment_id)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for line in process.stdout:
            if line.strip() == CONNECTED and process is self._process:
                self._pause = _FIRST_PAUSE
                self.trouble = None

    def _tell(self, experiment_id: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            # A driver that has ended is found at the next look, and the next one is told all.
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{experiment_id}\n")
                self._process.stdin.flush()
