"""`wait`, `stop`, `delete`, `patch`: what can be done with a run."""

from __future__ import annotations

import argparse

from ...errors import UsageError
from ...spec.flags import add_flags
from ..context import Context
from ..grammar import CommandParser
from ..settings import ON_INTERRUPT
from ..show import show
from ..waiting import wait
from .base import Command, optional_id, several_ids


def _wait(context: Context, arguments: argparse.Namespace) -> None:
    if arguments.timeout is not None and not arguments.timeout > 0:
        raise UsageError(f"--timeout: {arguments.timeout:g} is too short; use seconds above 0")
    experiment = context.experiment(arguments.id)
    wait(context, experiment, timeout=arguments.timeout, on_interrupt=arguments.on_interrupt)


def interrupt_option(parser: CommandParser) -> None:
    """Add what an interrupt does."""
    parser.add_argument(
        "--on-interrupt",
        choices=ON_INTERRUPT,
        help="what an interrupt does while this waits: leave the run alone (detach), or stop it",
    )


def _wait_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer than this")
    interrupt_option(parser)


def _stop(context: Context, arguments: argparse.Namespace) -> None:
    for experiment in context.experiments(arguments.ids):
        if experiment.is_over:
            context.say(f"{experiment.id} is over already: {experiment.last_status}")
        else:
            experiment.stop()
            context.say(f"{experiment.id} is being stopped; its logs stay")


def _delete(context: Context, arguments: argparse.Namespace) -> None:
    for experiment in context.experiments(arguments.ids):
        experiment.delete()
        context.say(f"{experiment.id} is deleted")
    context.last = None


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
