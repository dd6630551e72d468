"""`form`: fill in a new experiment, or one like a past one."""

from __future__ import annotations

import argparse

from ..context import Context
from ..grammar import CommandParser
from .base import Command, keep_option


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
    keep_option(parser, "the form")


FORM = Command("form", "fill in a new experiment, or one like a past one", _run, _arguments)
