"""Waiting for an experiment with a line of progress; an interrupt lets it go on without us."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ..logs.clean import clean
from ..logs.times import duration
from .output import Output
from .readable import make_readable

if TYPE_CHECKING:
    from ..client import Experiment
    from ..client.following import Record
    from .context import Context

_INTERVAL = 1.0


def wait(context: Context, experiment: Experiment, timeout: float | None = None) -> None:
    """Wait for the end, showing status, time and the last log line.

    Raises
    ------
    ExperimentFailed
        It ended without success.
    TimeoutError
        It goes on after `timeout` seconds.
    KeyboardInterrupt
        The user has had enough of waiting; the experiment goes on.
    """
    from ..client.following import View  # brings the HTTP library, which loading must not

    progress = _Progress(context, experiment)
    try:
        for record in experiment.records(View(tail=1), timeout=timeout):
            progress.take(record)
    except KeyboardInterrupt:
        message = (
            f"Not waiting any more; {experiment.id} goes on. "
            f"`%submarine stop {experiment.id}` ends it, `%submarine wait {experiment.id}` waits"
        )
        raise make_readable(KeyboardInterrupt(message)) from None
    finally:
        progress.finish()
    experiment.check()


class _Progress:
    """One line that is written over."""

    def __init__(self, context: Context, experiment: Experiment) -> None:
        self._experiment = experiment
        self._output = Output() if context.in_kernel else None
        self._started = time.monotonic()
        self._since = time.strftime("%H:%M:%S")
        self._over = False
        self._shown_at = 0.0
        self._shown = ""
        self._last_line = ""
        self._show()

    def take(self, record: Record) -> None:
        """Show a record's news, once a second at most."""
        if record.event == "log" and record.data["lines"]:
            pod = record.data["pod"].removeprefix(f"{self._experiment.id}-")
            self._last_line = f"{pod}: {clean(record.data['lines'][-1])}"
        if record.event in ("status", "end") or time.monotonic() - self._shown_at > _INTERVAL:
            self._show()

    def finish(self) -> None:
        """Leave the line as it is at the end."""
        self._over = True
        self._show()
        if self._output is None and sys.stderr.isatty():
            sys.stderr.write("\n")

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        text = self._text()
        if text == self._shown:
            return
        self._shown = text
        if self._output is not None:
            self._output.put({"text/plain": text})
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text:.79}")
            sys.stderr.flush()

    def _text(self) -> str:
        # A silent program gives no occasion to count on, so what stays true is shown meanwhile.
        time_ = f"waiting since {self._since}"
        if self._over:
            time_ = f"waited {duration(int(time.monotonic() - self._started))}"
        line = f"{self._experiment.name}: {self._experiment.last_status}, {time_}"
        return f"{line} · {self._last_line}" if self._last_line else line
