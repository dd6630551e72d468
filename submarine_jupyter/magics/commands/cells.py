"""`clone`, `edit`: an experiment as a cell again."""

from __future__ import annotations

import argparse

from ...spec.flags import add_flags, add_keep_flag
from ...spec.grammar import CommandParser
from ..context import Context
from ..show import show
from .base import Command, optional_id


def _clone(context: Context, arguments: argparse.Namespace) -> None:
    from ...client.provenance import record_again
    from ...spec.submission import checked, with_flags

    experiment = context.experiment(arguments.id)
    spec = with_flags(experiment.spec, arguments)
    if not arguments.submit:
        _write(context, spec, replace=False)
        return
    checked(spec)
    record_again(spec)
    clone = context.client.submit(spec)
    context.last = clone
    context.keep(arguments.out, clone)
    show(clone)


def _clone_arguments(parser: CommandParser) -> None:
    optional_id(parser)
    add_flags(parser, name="else as it was")
    parser.add_argument("--submit", action="store_true", help="submit it at once, write no cell")
    add_keep_flag(parser, "with --submit: the handle")


def _edit(context: Context, arguments: argparse.Namespace) -> None:
    _write(context, context.experiment(arguments.id).spec, replace=True)


def _write(context: Context, spec: dict[str, object], *, replace: bool) -> None:
    from ...client.cells import cell_of, secrets_of

    context.shell.set_next_input(cell_of(spec), replace=replace)
    for name in secrets_of(spec):
        context.say(
            f"The value of {name} is not written into the notebook; give a variable {name} the "
            "value before you run the cell"
        )


CLONE = Command(
    "clone",
    "write an experiment as a new cell below, to change and submit; or submit it again",
    _clone,
    _clone_arguments,
)
EDIT = Command("edit", "write an experiment as a cell, in place of this one", _edit, optional_id)
