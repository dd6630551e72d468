"""Renewing what a notebook keeps of a run when that run ends while the kernel is idle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..client import Experiment
from ..client.following import experiment_path
from ..client.transport import Call
from ..errors import NotFound, SubmarineError
from ..logs.pace import Pace
from ..logs.snapshots import TERMINAL
from .mimebundle import MIME_TYPE, mime_bundle

_SHORTEST, _LONGEST = 1.0, 10.0

Renew = Callable[[dict[str, Any]], None]
"""Takes the MIME bundle of an experiment that is over."""


class Renewals:
    """Watches runs from one thread, however many there are; it lives while one of them does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: list[tuple[Experiment, Renew]] = []
        self._begun = False

    def watch(self, experiment: Experiment, renew: Renew) -> None:
        """Call `renew` from a thread, once, with the experiment's MIME bundle when it is over.

        One that is deleted is let go: its last snapshot is all that is left of it.
        """
        with self._lock:
            self._watched.append((experiment, renew))
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._run, name="submarine-renewal", daemon=True).start()

    def _run(self) -> None:
        pace = Pace(_SHORTEST, _LONGEST)
        pause = threading.Event()
        while True:
            with self._lock:
                watched = list(self._watched)
                if not watched:
                    self._begun = False
                    return
            pause.wait(pace.after(len(watched), 0))
            for entry in watched:
                if self._is_over(*entry):
                    with self._lock:
                        self._watched.remove(entry)

    def _is_over(self, experiment: Experiment, renew: Renew) -> bool:
        """Renew what is over; whether there is nothing more to watch."""
        client = experiment.client
        try:
            # Nobody asked for this, so it starts no server.
            call = Call(path=experiment_path(experiment.id), start="no")
            now = Experiment(client, dict(client.transport.call(call).result))
            if now.last_status not in TERMINAL:
                return False
            bundle = mime_bundle(now)
        except NotFound:
            return True
        except SubmarineError:
            # A thread has nobody to tell; the server may come back.
            return False
        # Without the server it would be less than what is shown already.
        if MIME_TYPE not in bundle:
            return False
        renew(bundle)
        return True


RENEWALS = Renewals()
"""Those of this kernel."""
