"""`wait`, `stop`, `delete`, `patch`: what can be done with a run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...spec.flags import add_flags, add_interrupt_flag
from ...spec.grammar import CommandParser
from ..context import Context
from ..show import show
from ..waiting import wait
from .base import Command, optional_id, several_ids

if TYPE_CHECKING:
    from ...client import Experiment


def _wait(context: Context, arguments: argparse.Namespace) -> None:
    if arguments.timeout is not None and not arguments.timeout > 0:
        raise UsageError(f"--timeout: {arguments.timeout:g} is too short; use seconds above 0")
    experiment = context.experiment(arguments.id)
    wait(context, experiment, timeout=arguments.timeout, on_interrupt=arguments.on_interrupt)


def _wait_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer than this")
    add_interrupt_flag(parser)


def _stop(context: Context, arguments: argparse.Namespace) -> None:
    from ...client.several import for_each

    def stop(experiment: Experiment) -> None:
        if experiment.is_over:
            context.say(f"{experiment.id} is over already: {experiment.last_status}")
        else:
            experiment.stop()
            context.say(f"{experiment.id} is being stopped; its logs stay")

    for_each(context.experiments(arguments.ids), stop, "stopped")


def _delete(context: Context, arguments: argparse.Namespace) -> None:
    from ...client.several import for_each

    def delete(experiment: Experiment) -> None:
        experiment.delete()
        context.say(f"{experiment.id} is deleted")

    experiments = context.experiments(arguments.ids)
    context.last = None
    for_each(experiments, delete, "deleted")


def _patch(context: Context, arguments: argparse.Namespace) -> None:
    from ...spec.submission import with_flags
    from ..drafts import drafts_of_specs

    experiment = context.experiment(arguments.id)
    if arguments.cell is None:
        spec = with_flags(experiment.spec, arguments)
        if spec == experiment.spec:
            raise UsageError("Say what is to change, such as `--replicas Worker=3`; see --help")
    else:
        drafts = drafts_of_specs(context, arguments)
        if len(drafts) > 1:
            raise UsageError("The cell holds several specs; one replaces that of the experiment")
        spec = drafts[0].spec
    show(experiment.patch(spec))


def _patch_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    add_flags(parser, name="else as it is")


WAIT = Command("wait", "wait for an experiment; fails if it does", _wait, _wait_arguments)
STOP = Command("stop", "end experiments; their logs stay", _stop, several_ids)
DELETE = Command("delete", "end experiments and delete their logs and files", _delete, several_ids)
PATCH = Command(
    "patch",
    "change a run, such as its number of workers; by flags, or by the spec in the cell below",
    _patch,
    _patch_arguments,
    takes_cell=True,
)
