"""Waiting for an experiment with a line of progress; an interrupt lets it go on without us."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..logs.clean import clean
from ..logs.snapshots import TERMINAL
from ..logs.times import duration
from .measures import number
from .output import Output
from .readable import make_readable

if TYPE_CHECKING:
    from ..client import Experiment
    from ..client.following import Record
    from .context import Context
    from .progress import TerminalLine
    from .timelimit import TimeLimit

_INTERVAL = 1.0
_MAX_WAITING_RECORDS = 1000
_MAX_METRICS = 3


def wait(
    context: Context,
    experiment: Experiment,
    *,
    timeout: float | None = None,
    on_interrupt: str | None = None,
    limit: TimeLimit | None = None,
) -> None:
    """Wait for the end, showing how the run is and what it said last.

    Parameters
    ----------
    timeout
        Seconds to wait at most.
    on_interrupt
        `detach` or `stop`; None takes the notebook's setting.
    limit
        Stops the run when it has gone on for some time.

    Raises
    ------
    ExperimentFailed
        It ended without success.
    TimeoutError
        It goes on after `timeout` seconds.
    KeyboardInterrupt
        The user has had enough of waiting.
    """
    progress = _Progress(context, experiment)
    news = _News(experiment, timeout, limit.PAUSE if limit else _INTERVAL)
    try:
        for record in news:
            progress.take(record)
            if limit:
                limit.look(record)
    except KeyboardInterrupt:
        stops = (on_interrupt or context.settings.value("on_interrupt")) == "stop"
        message = _stop(experiment) if stops else _detach(experiment)
        raise make_readable(KeyboardInterrupt(message)) from None
    except TimeoutError:
        # A short time leaves no room to hear of an end that has long been.
        if not experiment.glance().is_over:
            message = f"{experiment.id} is still {experiment.last_status} after {timeout:g} s; "
            raise TimeoutError(f"{message}it goes on") from None
    finally:
        news.close()
        progress.finish()
    experiment.refresh().check()


def _detach(experiment: Experiment) -> str:
    return (
        f"Not waiting any more; {experiment.id} goes on. "
        f"`%submarine stop {experiment.id}` ends it, `%submarine wait {experiment.id}` waits"
    )


def _stop(experiment: Experiment) -> str:
    experiment.stop()
    return f"Interrupted, and {experiment.id} is being stopped; its logs stay"


class _News:
    """The records of an experiment as they come, and None whenever a pause brings none.

    A thread reads them, so that the main thread can show how long nothing has come; it shows
    nothing itself, and ends with the next record once nobody listens.
    """

    def __init__(self, experiment: Experiment, timeout: float | None, pause: float) -> None:
        self._experiment = experiment
        self._timeout = timeout
        self._pause = pause
        self._records: queue.Queue[Any] = queue.Queue(_MAX_WAITING_RECORDS)
        self._closed = threading.Event()
        threading.Thread(target=self._read, name="submarine-wait", daemon=True).start()

    def __iter__(self) -> Iterator[Record | None]:
        while True:
            try:
                found = self._records.get(timeout=self._pause)
            except queue.Empty:
                yield None
                continue
            if isinstance(found, Exception):
                raise found
            yield found
            if found.event == "end":
                return

    def close(self) -> None:
        """Listen no more."""
        self._closed.set()

    def _read(self) -> None:
        from ..client.following import View  # brings the HTTP library, which loading must not

        experiment = self._experiment
        try:
            for record in experiment.client.follow(
                experiment.id, View(tail=1), timeout=self._timeout
            ):
                if not self._pass_on(record):
                    return
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self._pass_on(error)

    def _pass_on(self, found: Record | Exception) -> bool:
        """Hand something to the main thread; whether it still listens."""
        while not self._closed.is_set():
            try:
                self._records.put(found, timeout=_INTERVAL)
            except queue.Full:
                continue
            return True
        return False


class Standing(NamedTuple):
    """How a run stands: the words before its status, the status, and those after it."""

    name: str
    status: str
    rest: str

    def __str__(self) -> str:
        return f"{self.name}: {self.status}{self.rest}"


class _Progress:
    """What is said of a run while it goes on."""

    def __init__(self, context: Context, experiment: Experiment) -> None:
        self._experiment = experiment
        self._display = _display(context)
        self._started = time.monotonic()
        self._since = time.strftime("%H:%M:%S")
        self._status = experiment.last_status
        self._was_stopped = False
        self._line = ""
        self._line_at: float | None = None
        self._metrics: dict[str, str] = {}
        self._over = False
        self._ended_at: float | None = None
        self._shown_at = 0.0
        self._shown: Standing | None = None
        self._show()

    def take(self, record: Record | None) -> None:
        """Show a record's news, once a second at most; the first line and a status at once."""
        at_once = False
        if record is not None:
            at_once = record.event in ("status", "end") or self._line_at is None
            self._note(record)
        if at_once or time.monotonic() - self._shown_at >= _INTERVAL:
            self._show()

    def finish(self) -> None:
        """Leave the line as it is at the end."""
        self._over = True
        self._show()
        self._display.finish()

    def _note(self, record: Record) -> None:
        data = record.data
        if record.event in ("status", "end"):
            self._status = data["status"]
        elif record.event == "event" and (data["kind"], data["reason"]) == ("status", "Stopped"):
            self._was_stopped = True
        elif record.event == "log" and data["lines"]:
            pod = data["pod"].removeprefix(f"{self._experiment.id}-")
            self._line = f"{pod}: {clean(data['lines'][-1])}"
            self._line_at = time.monotonic()
        elif record.event == "metric" and data["points"]:
            step, value, *_ = data["points"][-1]
            if value is not None:
                self._metrics.pop(data["name"], None)  # the newest stand last
                at = "" if step is None else f" at {step:g}"
                self._metrics[data["name"]] = f"{data['name']} {number(value)}{at}"

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        standing = self._standing()
        if standing != self._shown:
            self._shown = standing
            self._display.put(standing)

    def _standing(self) -> Standing:
        now = time.monotonic()
        is_over = self._over or self._status in TERMINAL
        if is_over:
            self._ended_at = self._ended_at or now
            parts = [f", waited {duration(self._ended_at - self._started)}"]
        else:
            parts = [f", waiting since {self._since}"]
            if self._line_at is not None and (silent := int(now - self._line_at)) >= 2:
                parts.append(f"last line {_rounded(silent)} ago")
        parts += list(self._metrics.values())[-_MAX_METRICS:]
        # The snapshot, which is renewed at the end, has the last lines.
        if self._line and not is_over:
            parts.append(self._line)
        # Who stops a run, or has it end at its time, does not call it failed.
        status = "Stopped" if self._was_stopped and self._status == "Failed" else self._status
        return Standing(self._experiment.name, status, " · ".join(parts))


class _CellLine:
    """A line among the outputs of a cell."""

    def __init__(self) -> None:
        self._output = Output()

    def put(self, standing: Standing) -> None:
        """Show how the run stands in place of what is shown."""
        self._output.put({"text/plain": str(standing)})

    def finish(self) -> None:
        """Leave the line as it is."""


def _display(context: Context) -> _CellLine | TerminalLine:
    if context.in_kernel:
        return _CellLine()
    from .progress import TerminalLine  # brings rich, which no notebook needs

    return TerminalLine()


def _rounded(seconds: int) -> str:
    """Return a duration that changes ever more seldom, as each change is a message."""
    step = 1 if seconds < 10 else 10 if seconds < 60 else 60
    return duration(seconds - seconds % step)
