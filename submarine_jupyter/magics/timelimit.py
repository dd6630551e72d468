"""A limit to how long a run goes on."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import ServerUnavailable

if TYPE_CHECKING:
    from ..client import Experiment
    from ..client.following import Record


class TimeLimit:
    """Stops a run when it has gone on for some time; what it waited before does not count.

    Parameters
    ----------
    seconds
        How long it may run.
    """

    PAUSE = 0.2
    """Seconds between two looks at the time."""

    def __init__(self, experiment: Experiment, seconds: float) -> None:
        self._experiment = experiment
        self._seconds = seconds
        self._since: float | None = None
        self.is_up = False

    def look(self, record: Record | None) -> None:
        """Take a record of the run, or none; stop the run when its time is up."""
        if self._since is None and record is not None and _says_that_it_runs(record):
            self._since = time.monotonic()
        if self.is_up or self._since is None:
            return
        if time.monotonic() - self._since >= self._seconds:
            # A server that is away is asked again at the next look.
            with suppress(ServerUnavailable):
                self._experiment.stop()
                self.is_up = True


def _says_that_it_runs(record: Record) -> bool:
    return record.event == "status" and record.data["status"] == "Running"
