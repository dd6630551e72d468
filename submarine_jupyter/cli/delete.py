"""`delete`: end runs and remove everything they left."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..errors import UsageError
from .command import Command
from .connection import connect, connection_options, find_all, ids_argument
from .exits import Exit

if TYPE_CHECKING:
    from ..client import Experiment


def _run(options: argparse.Namespace) -> int:
    from ..client.several import for_each
    from .terminal import say

    # All are looked up before the first is gone.
    experiments = find_all(connect(options), options.ids)
    if not options.yes and not _confirmed(experiments):
        say("Nothing is deleted.")
        return Exit.FAILED

    def delete(experiment: Experiment) -> None:
        experiment.delete()
        say(f"{experiment.id} is deleted")

    for_each(experiments, delete, "deleted")
    return Exit.DONE


def _confirmed(experiments: list[Experiment]) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("delete: there is nobody to ask; give --yes to delete without a question")
    from .terminal import remark

    for experiment in experiments:
        remark(f"{experiment.id} ({experiment.name}, {experiment.last_status})")
    what = "it" if len(experiments) == 1 else f"these {len(experiments)}"
    sys.stderr.write(f"Delete {what}, with logs and files? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    ids_argument(parser)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    connection_options(parser)


COMMAND = Command("delete", "end experiments and delete their logs and files", _run, _arguments)
