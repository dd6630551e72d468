"""Several experiments in one table, kept up to date while they run."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..client.following import Absence
from ..client.frames import frame_or_records
from ..client.metrics import final_values, points_of
from ..client.several import for_each
from ..client.table import Table
from ..errors import ApiError, ExperimentFailed, NotFound, ServerUnavailable, SubmarineError
from ..logs.times import age
from ..widgets.html import pill
from .measures import number
from .output import Output
from .readable import make_readable

if TYPE_CHECKING:
    from ..client import Experiment
    from .context import Context

_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_MAX_METRICS = 6


class Runs:
    """Experiments, what each was given, how each is, and what each has measured last.

    Parameters
    ----------
    experiments
        Their handles.
    parameters
        Of each, such as its point of a grid.
    """

    def __init__(
        self, experiments: Sequence[Experiment], parameters: Sequence[Mapping[str, object]]
    ) -> None:
        self.experiments = list(experiments)
        self._parameters = list(parameters)
        self._measured: list[dict[str, float]] = [{} for _ in experiments]

    @property
    def are_over(self) -> bool:
        """Whether all have ended, as far as was heard."""
        return all(experiment.is_over for experiment in self.experiments)

    def refresh(self) -> None:
        """Ask how those are that go on, and what they have measured."""
        for position, experiment in enumerate(self.experiments):
            if not experiment.is_over:
                experiment.refresh()
                with suppress(NotFound):  # deleted meanwhile
                    points = points_of(experiment.client, experiment.id)
                    self._measured[position] = final_values(points)

    def records(self) -> list[dict[str, object]]:
        """Return a row of each experiment, by column."""
        return [
            {
                "id": experiment.id,
                "name": experiment.name,
                **parameters,
                "status": experiment.last_status,
                **measured,
                "experiment": experiment,
            }
            for experiment, parameters, measured in zip(
                self.experiments, self._parameters, self._measured, strict=True
            )
        ]

    def frame(self) -> Any:
        """Return the rows as a DataFrame where pandas is installed, else as a list."""
        rows = self.records()
        return frame_or_records(rows, list(dict.fromkeys(name for row in rows for name in row)))

    def __repr__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()

    def _table(self) -> Table:
        names = list(dict.fromkeys(name for given in self._parameters for name in given))
        measured = list(dict.fromkeys(name for values in self._measured for name in values))
        metrics = measured[:_MAX_METRICS]
        now = datetime.now(timezone.utc).isoformat()
        rows = [
            (
                experiment.id,
                experiment.name,
                *(str(given.get(name, "")) for name in names),
                experiment.last_status,
                age(experiment.data, now),
                *(number(values[name]) if name in values else "" for name in metrics),
            )
            for experiment, given, values in zip(
                self.experiments, self._parameters, self._measured, strict=True
            )
        ]
        headings = ("Id", "Name", *names, "Status", "Time", *metrics)
        return Table(headings, rows, empty="No experiments.", markup={2 + len(names): pill})


class LiveTable:
    """The output of some runs, and the variable that holds them, renewed as news come.

    A thread asks the server and never shows anything: what it finds is shown by the kernel's main
    thread, between cells.
    """

    def __init__(self, context: Context, runs: Runs, variable: str | None) -> None:
        self._context = context
        self._runs = runs
        self._variable = variable
        self._kept: object = None
        self._output = Output()
        self._shown = ""
        self.show()

    def show(self) -> None:
        """Show how the runs are, and keep it, unless the user has taken the variable."""
        text = repr(self._runs)
        # A terminal cannot write over a table: it gets the first and the last.
        if text != self._shown and (self._context.in_kernel or not self._shown):
            self._output.put(self._runs)
            self._shown = text
        variables = self._context.shell.user_ns
        if self._variable and (self._kept is None or variables.get(self._variable) is self._kept):
            self._kept = variables[self._variable] = self._runs.frame()

    def wait(self, on_interrupt: str) -> None:
        """Wait until all are over.

        Raises
        ------
        ExperimentFailed
            One did not succeed.
        ServerUnavailable
            The server stays away.
        KeyboardInterrupt
            The user has had enough of waiting.
        """
        absence = Absence("the experiments")
        try:
            while not self._runs.are_over:
                time.sleep(_PAUSE)
                try:
                    self._runs.refresh()
                except (ServerUnavailable, ApiError) as error:
                    absence.bear(error)  # a server that restarts is waited for
                    continue
                absence.end()
                self.show()
        except KeyboardInterrupt:
            raise make_readable(KeyboardInterrupt(self._interrupted(on_interrupt))) from None
        self.show()
        if not self._context.in_kernel:
            self._output.put(self._runs)
        failed = [run for run in self._runs.experiments if run.last_status != "Succeeded"]
        if len(failed) == 1:
            failed[0].check()
        if failed:
            names = ", ".join(f"{run.name} ({run.id})" for run in failed)
            raise ExperimentFailed(
                f"{len(failed)} of {len(self._runs.experiments)} experiments",
                "Failed",
                message=names,
            )

    def _interrupted(self, on_interrupt: str) -> str:
        going_on = [run for run in self._runs.experiments if not run.is_over]
        ids = " ".join(run.id for run in going_on)
        if on_interrupt == "stop":
            for_each(going_on, lambda run: run.stop(), "stopped")
            return f"Interrupted; stopped {ids}"
        return f"Not waiting any more; {len(going_on)} go on. `%submarine stop {ids}` ends them"

    def follow(self) -> None:
        """Renew the table in the background, where the kernel has a loop to show it from."""
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        show = _Soon(loop.call_soon_threadsafe, self.show)
        threading.Thread(target=self._look, args=[show], name="submarine-runs", daemon=True).start()

    def _look(self, show: _Soon) -> None:
        pause = _PAUSE
        while not self._runs.are_over:
            time.sleep(pause)
            began = time.monotonic()
            try:
                self._runs.refresh()
            except SubmarineError:
                # A thread has no cell to tell it to; the server may come back.
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            # Asking about many runs must not become all that the server does.
            pause = max(_PAUSE, 5 * (time.monotonic() - began))
            with suppress(RuntimeError):  # the kernel is going
                show()


class _Soon:
    """Calls something from the kernel's loop, at most once at a time, as of the cell it is of."""

    def __init__(self, schedule: Callable[..., object], call: Callable[[], None]) -> None:
        self._schedule = schedule
        self._call = call
        self._context = contextvars.copy_context()
        self._is_due = threading.Event()

    def __call__(self) -> None:
        if not self._is_due.is_set():
            self._is_due.set()
            self._schedule(self._do, context=self._context)

    def _do(self) -> None:
        self._is_due.clear()
        self._call()
