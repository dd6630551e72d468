"""A run as its facts tell it, for engines that have somebody else write them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ....spec import Status
from ...diagnosis import evidence, last_words
from ..base import End, Report
from .files import ExperimentFiles, Facts
from .history import History


class RecordedRun:
    """What the files of one run tell.

    Parameters
    ----------
    files
        Of the run. A later launch makes another `RecordedRun`.
    """

    def __init__(self, files: ExperimentFiles) -> None:
        self._files = files
        self._launch = files.read_launch()
        self._facts = Facts(files.facts)
        self._history = History()
        self._report: Report | None = None

    def observe(self) -> Report:
        """Return what is known by now."""
        news = self._facts.news()
        if self._report is not None and not news:
            return self._report
        if not self._files.launch.exists():
            return Report(end=End(Status.FAILED, time.time(), "Unknown", "its files are gone"))
        for fact in news:
            self._history.take(fact)
        self._report = self._with_evidence(self._history.report(self._launch))
        return self._report

    def end(self, reason: str, message: str) -> None:
        """Write that it has failed, when nobody else writes its facts any more."""
        when = self._history.not_before(time.time())
        fact: dict[str, Any] = {"fact": "end", "time": when, "outcome": Status.FAILED.value}
        self._facts.append({**fact, "reason": reason, "message": message})

    def _with_evidence(self, report: Report) -> Report:
        step = self._history.failed_step
        if report.end is None or step is None:
            return report
        words = evidence(last_words(self._files.step_log(step)))
        return replace(report, end=replace(report.end, evidence=words))
