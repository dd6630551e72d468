"""What feeds a widget's view: an experiment's records, as many as a front end can take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..client.following import Record, View
from ..errors import SubmarineError
from .window import MAX_LINES, RecordWindow

if TYPE_CHECKING:
    from ..client import Experiment

_MESSAGES_PER_SECOND = 10
_BYTES_PER_SECOND = 200_000


class Feed:
    """Sends records to the front end: one thread follows, another sends at a bounded pace."""

    def __init__(self, experiment: Experiment, send: Any) -> None:
        self._experiment = experiment
        self._send = send
        self._window = RecordWindow()
        self._wanted = View(tail=MAX_LINES)
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._restart = threading.Event()
        self._lock = threading.Lock()
        self._is_over = False
        self._follows = False
        self._passes_on = False

    def begin(self) -> None:
        """Send everything that is kept, then what comes; again for each view that is opened.

        Views pass over what they have seen.
        """
        with self._lock:
            self._restart.set()
            self._wake.set()
            if not (self._follows or self._is_over):
                self._follows = True
                self._start(self._follow)
            if not self._passes_on:
                self._passes_on = True
                self._start(self._pass_on)

    def close(self) -> None:
        """End both threads."""
        self._closed.set()
        self._wake.set()

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="submarine-view", daemon=True).start()

    def _follow(self) -> None:
        experiment = self._experiment
        try:
            for record in experiment.client.follow(experiment.id, self._wanted):
                if self._closed.is_set():
                    return
                self._window.add(record)
                self._wanted = self._wanted.beyond(record.cursor)
                self._is_over = record.event == "end"
                self._wake.set()
        except SubmarineError as error:
            # A thread has no cell to print to; the view shows what it has.
            failure = {"code": "Unreachable", "message": str(error), "retry": False}
            self._window.add(Record("error", "", failure))
        finally:
            with self._lock:
                self._follows = False
                self._wake.set()

    def _pass_on(self) -> None:
        limit = _BYTES_PER_SECOND // _MESSAGES_PER_SECOND
        sent = 0
        while not self._is_done():
            self._wake.clear()
            if self._restart.is_set():
                self._restart.clear()
                sent = 0
            messages, sent, size = self._window.take(sent, limit)
            if messages:
                self._send({"type": "records", "records": messages})
                self._closed.wait(max(1 / _MESSAGES_PER_SECOND, size / _BYTES_PER_SECOND))
                self._wake.set()  # there may be more
            elif self._follows:
                self._wake.wait()

    def _is_done(self) -> bool:
        """Whether nothing is left to send and nothing will come; notes that, if so."""
        with self._lock:
            done = self._closed.is_set() or not (self._follows or self._wake.is_set())
            self._passes_on = not done
        return done
