"""Runs the tools of a step within its time, and says how it goes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from ....diagnosis import last_words

_TELLING = ("ERROR", "error", "  cause", "fatal", "critical")


class Failed(Exception):
    """A tool did not do what it was to do; the text says why."""


class Tools:
    """The tools of one step.

    Parameters
    ----------
    log
        The file that all output goes to, this process's own and that of the tools.
    timeout
        Seconds that they may take in all.
    """

    def __init__(self, log: Path, timeout: float) -> None:
        self._log = log
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout

    @property
    def time_left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._deadline - time.monotonic())

    def say(self, text: str) -> None:
        """Put a sentence on the timeline."""
        sys.stdout.write(f"submarine: {text}\n")
        sys.stdout.flush()

    def give_up(self, text: str) -> None:
        """Say why the step has failed."""
        sys.stdout.write(f"submarine failed: {' '.join(text.split())}\n")
        sys.stdout.flush()

    def run(
        self, argv: Sequence[str | Path], doing: str, env: Mapping[str, str] | None = None
    ) -> None:
        """Run a tool; Failed with its own last words when it fails.

        Parameters
        ----------
        doing
            What it does, for the sentence about its failure.
        """
        with subprocess.Popen(  # noqa: S603 - nothing of it is an option that a stranger gave
            [str(word) for word in argv],
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                code = process.wait(self.time_left)
            except subprocess.TimeoutExpired:
                for child in psutil.Process().children(recursive=True):
                    with suppress(psutil.Error):
                        child.kill()
                raise Failed(f"{doing} took more than {self._timeout:g} s") from None
        if code != 0:
            raise Failed(f"{doing} failed: {self._cause() or f'exit code {code}'}")

    def _cause(self) -> str | None:
        lines = last_words(self._log)
        telling = [line for line in lines if line.startswith(_TELLING)] or lines
        return telling[-1].strip() if telling else None
