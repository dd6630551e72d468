"""`cancel`: end runs and keep their records; `stop` is the server's."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import SubmarineError
from .command import Command
from .connection import connect, connection_options, find_all, ids_argument
from .exits import Exit

if TYPE_CHECKING:
    from ..client import Experiment


def _run(options: argparse.Namespace) -> int:
    from ..client.several import for_each
    from .terminal import say

    client = connect(options)
    # All are looked up before the first is touched.
    experiments = find_all(client, options.ids)
    if not client.has_feature("stop"):
        raise SubmarineError("this server cannot end a run and keep it; `delete` ends and removes")

    def stop(experiment: Experiment) -> None:
        if experiment.is_over:
            say(f"{experiment.id} is over already: {experiment.last_status}")
        else:
            experiment.stop()
            say(f"{experiment.id} is being stopped; its logs stay")

    for_each(experiments, stop, "stopped")
    return Exit.DONE


def _arguments(parser: argparse.ArgumentParser) -> None:
    ids_argument(parser)
    connection_options(parser)


COMMAND = Command("cancel", "end the runs of experiments; their logs stay", _run, _arguments)
