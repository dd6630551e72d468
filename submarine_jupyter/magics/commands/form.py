"""`form`: fill in a new experiment, or one like a past one."""

from __future__ import annotations

import argparse

from ...spec.flags import add_keep_flag
from ...spec.grammar import CommandParser
from ..context import Context
from .base import Command


def _run(context: Context, arguments: argparse.Namespace) -> None:
    # ipywidgets are loaded with the first form, not with the extension.
    from ...widgets.form import ExperimentForm
    from ...widgets.form.past import spec_of

    spec = spec_of(context.experiment(arguments.id)) if arguments.id else None
    form = ExperimentForm(
        spec, context.client, provenance=bool(context.settings.value("provenance"))
    )
    form.on_submit(lambda experiment: setattr(context, "last", experiment))
    context.keep(arguments.out, form)
    context.show(form)


def _arguments(parser: CommandParser) -> None:
    parser.add_argument("id", nargs="?", help="an experiment to begin with; else the form is empty")
    add_keep_flag(parser, "the form")


FORM = Command("form", "fill in a new experiment, or one like a past one", _run, _arguments)
