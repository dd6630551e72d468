"""`experiment`: submit a cell, or a spec from a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SubmarineError, UsageError
from ...spec.flags import add_cell_flags
from ..context import Context
from .base import Command

if TYPE_CHECKING:
    from ...client import Experiment
    from ..drafts import Draft


def _run(context: Context, arguments: argparse.Namespace) -> None:
    _refuse_what_does_not_go_together(arguments)
    ready = _rehearsed(context, arguments) if arguments.rehearsed else _read(context, arguments)
    if arguments.rehearse:
        # Loaded when it is used, and not with the extension, as all that needs the models.
        from ..rehearsal import rehearse

        rehearse(context, arguments, ready)
    elif arguments.dry_run:
        _show_plans(context, ready)
    elif len(ready) == 1:
        _submit_one(context, arguments, ready[0])
    else:
        _submit_many(context, arguments, ready)


def _refuse_what_does_not_go_together(arguments: argparse.Namespace) -> None:
    given = [arguments.cell is not None, arguments.file is not None, arguments.rehearsed]
    if not any(given):
        raise UsageError("Write `%%submarine experiment` above a cell, or name a file with -f")
    if arguments.rehearsed and (sum(given) > 1 or arguments.grid or arguments.rehearse):
        raise UsageError(
            "--rehearsed: submits what was rehearsed last; leave out the cell, -f, --grid and "
            "--rehearse"
        )
    if sum(given) > 1:
        raise UsageError("-f/--file: the cell is the experiment already; leave one of them out")
    if arguments.rehearse and arguments.dry_run:
        raise UsageError("--dry-run: runs nothing, and --rehearse does; leave one of them out")
    if arguments.rehearse and arguments.wait is False:
        raise UsageError("--no-wait: a rehearsal is waited for, to say what came out; leave it out")


def _rehearsed(context: Context, arguments: argparse.Namespace) -> list[Draft]:
    from ..rehearsal import rehearsed

    return rehearsed(context, arguments)


def _read(context: Context, arguments: argparse.Namespace) -> list[Draft]:
    from ..drafts import drafts

    ready = drafts(context, arguments)
    _record_provenance(context, ready, arguments.cell)
    return ready


def _record_provenance(context: Context, ready: list[Draft], cell: str | None) -> None:
    from ...client.provenance import collect, notebook_path, record

    if context.settings.value("provenance"):
        collected = collect(Path.cwd(), cell, notebook_path())
        for draft in ready:
            record(draft.spec, collected)


def _show_plans(context: Context, ready: list[Draft]) -> None:
    from ..plan import ShownPlan

    for draft in ready:
        context.show(ShownPlan(context.client.plan(draft.spec)))


def _submit_one(context: Context, arguments: argparse.Namespace, draft: Draft) -> None:
    from ..show import show
    from ..waiting import wait

    experiment = context.client.submit(draft.spec)
    context.last = experiment
    context.keep(arguments.out, experiment)
    show(experiment)
    if _waits(context, arguments):
        wait(context, experiment, on_interrupt=arguments.on_interrupt)


def _submit_many(context: Context, arguments: argparse.Namespace, ready: list[Draft]) -> None:
    from ..runs import LiveTable, Runs

    submitted: list[Experiment] = []
    try:
        submitted.extend(context.client.submit(draft.spec) for draft in ready)
    except SubmarineError:
        ids = " ".join(experiment.id for experiment in submitted)
        if ids:
            context.say(f"{len(submitted)} of {len(ready)} were submitted, and go on: {ids}")
        raise
    context.last = submitted[-1]
    runs = Runs(submitted, [draft.parameters for draft in ready])
    table = LiveTable(context, runs, arguments.out)
    if _waits(context, arguments):
        table.wait(arguments.on_interrupt or context.settings.value("on_interrupt"))
    else:
        table.follow()


def _waits(context: Context, arguments: argparse.Namespace) -> Any:
    return context.settings.value("wait") if arguments.wait is None else arguments.wait


EXPERIMENT = Command(
    "experiment",
    "run the cell below, Python or a spec, as an experiment",
    _run,
    add_cell_flags,
    details="""\
A cell of Python is the program, and runs in every replica. A cell of YAML or JSON is a spec of
the Experiment API, or several, divided by lines of `---`.

{{name}}, {{name.attr}} and {{name[0]}} take values from the notebook: in these flags, in a spec,
and in a program wherever they stand outside strings. \\{{name}} stays as it is.

--grid lr=0.1,0.01 batch=32,64 submits four experiments. Each finds its values in the environment
variables lr and batch, and {{lr}} and {{batch}} stand for them in the cell. Their names are
numbered, their tags name the values, and one table shows them all; -o VAR keeps it as a DataFrame,
which is renewed until all are over.

--rehearse 20s runs what is meant for a cluster as processes of this machine, whichever server is
used: with the same variables, with as many replicas and resources as the machine has (what is
reduced is said), and for 20 seconds at most from when it runs. Then it is stopped and shown: it has
gone well if nothing failed until then. Of a grid the first point is rehearsed. Its tag is
`rehearsal`. `%submarine experiment --rehearsed` then submits the whole for real.

`%submarine config` sets defaults for all this.""",
    takes_cell=True,
)
