"""Showing an experiment in the notebook, and keeping what is shown up to date."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython

from .output import Output

if TYPE_CHECKING:
    from ..client import Experiment


def show(experiment: Experiment) -> None:
    """Display an experiment; the saved snapshot is renewed when its run ends.

    In a front end with the live view the view feeds itself; this is for what stays in the file.
    """
    output = Output()
    output.put(experiment)

    def renew(changed: Experiment) -> None:
        # What a thread displays lands in whatever cell runs at that moment. After a deletion the
        # logs are gone, and the last snapshot is all that is left of them.
        in_cell = threading.current_thread() is threading.main_thread()
        if in_cell and changed.last_status in ("Succeeded", "Failed"):
            output.put(changed)

    experiment.observe(renew)
    if not experiment.is_over and hasattr(get_ipython(), "kernel"):
        from ..widgets.renewal import RENEWALS

        # An update finds its output by its id, whichever cell runs.
        RENEWALS.watch(experiment, output.put)
