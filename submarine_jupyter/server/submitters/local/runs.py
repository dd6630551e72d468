"""One run on this machine, as its files and processes tell it."""

from __future__ import annotations

import fcntl
import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....datadir import write_private
from ....processes import boot_id
from ....spec import Status
from ...diagnosis import evidence, last_words
from ..base import End, Report
from ..run.files import ExperimentFiles, Facts
from ..run.history import History
from .capacity import Claim
from .remains import end_by_force, end_remains

_START_TIMEOUT = 10.0
_LOOK_FOR_SUPERVISOR = 0.5


class LocalRun:
    """A run: its launch, what has happened in it, and its supervisor.

    Attributes
    ----------
    launch
        The content of `launch.json`.
    claim
        What of the machine it takes.
    """

    def __init__(self, files: ExperimentFiles) -> None:
        self.files = files
        self.launch = files.read_launch()
        self.claim = Claim.of_launch(self.launch)
        self._facts = Facts(files.facts)
        self._history = History()
        self._report: Report | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._begun = time.monotonic()
        self._next_look = 0.0

    @property
    def is_over(self) -> bool:
        """Whether its end has been observed."""
        return self._report is not None and self._report.end is not None

    def relaunch(self, launch: dict[str, Any]) -> None:
        """Replace the launch; the supervisor sees that within a tick."""
        write_private(self.files.launch, json.dumps(launch))
        self.launch = launch
        self.claim = Claim.of_launch(launch)
        self._report = None

    def supervise(self, supervisor: subprocess.Popen[bytes]) -> None:
        """Take the supervisor that was just started."""
        self._supervisor = supervisor
        self._begun = time.monotonic()

    def observe(self) -> Report:
        """Return what the facts on disk say, and what the absence of the supervisor says."""
        if _is_gone(self.files.launch):
            # Nothing else could end what still runs of it.
            end_by_force(self.files)
            return Report(end=End(Status.FAILED, time.time(), "Unknown", "its files are gone"))
        # Its last facts may come between the look at the process and the look at the files.
        lost = self._is_lost()
        news = self._facts.news()
        if self._report is not None and not news and not lost:
            return self._report
        for fact in news:
            self._history.take(fact)
        self._report = self._history.report(self.launch)
        if self._report.end is None and lost:
            self._judge()
            self._report = self._history.report(self.launch)
        step = self._history.failed_step
        if self._report.end is not None and step is not None:
            words = evidence(last_words(self.files.step_log(step)))
            end = replace(self._report.end, evidence=words)
            self._report = replace(self._report, end=end)
        return self._report

    def reap(self) -> bool:
        """Take the exit of a supervisor that has ended; return whether there is none any more."""
        if self._supervisor is not None and self._supervisor.poll() is not None:
            self._supervisor = None
        return self._supervisor is None

    def _is_lost(self) -> bool:
        """Whether there is no supervisor (any more); looked at now and then only."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK_FOR_SUPERVISOR
        self.reap()
        return not _is_locked(self.files.facts)

    def _judge(self) -> None:
        """End a run that has lost its supervisor; what cannot be known is `Unknown`."""
        supervisor = self._history.supervisor
        if supervisor is None:
            verdict = self._why_unstarted()
        elif supervisor["boot"] not in {None, boot_id()}:
            verdict = ("Interrupted", "the machine was restarted")
        else:
            left = end_remains(self.files)
            found = f"; {left} of its processes still ran and were ended" if left else ""
            words = self._last_words()
            lost = f"its supervisor failed ({words})" if words else "its supervisor was killed"
            verdict = ("Unknown", f"{lost}, so how its replicas ended is not known{found}")
        if verdict is None:
            return
        reason, message = verdict
        # Said once for all in the journal that nobody else writes any more.
        end = {
            "fact": "end",
            "time": self._history.not_before(time.time()),
            "outcome": Status.FAILED.value,
        }
        self._facts.append({**end, "reason": reason, "message": message})
        for fact in self._facts.news():
            self._history.take(fact)

    def _why_unstarted(self) -> tuple[str, str] | None:
        """Return why there never was a supervisor; None while one may still come."""
        if self._supervisor is not None:
            return None
        words = self._last_words()
        if not words and time.monotonic() - self._begun < _START_TIMEOUT:
            return None
        return "SupervisorFailed", f"its supervisor did not start: {words or 'it said nothing'}"

    def _last_words(self) -> str:
        """Return the last line that the supervisor said; empty for one that said nothing."""
        said = self.files.supervisor_log
        text = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
        return (text.strip().splitlines() or [""])[-1]


def _is_gone(launch: Path) -> bool:
    """Whether somebody has removed it; `Path.exists` says so of what cannot be read for now too."""
    try:
        launch.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def _is_locked(facts: Path) -> bool:
    """Whether the supervisor lives: it holds the lock on its journal as long as it does.

    Raises
    ------
    OSError
        That cannot be told for now.
    """
    try:
        with facts.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False
