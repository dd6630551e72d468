"""A rehearsal: what is meant for a cluster, run in small on this machine for a short time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..client import ExperimentClient
from ..client.listing import REHEARSAL
from ..client.servers import EmbeddedServer
from ..client.transport import Call
from ..datadir import data_dir
from ..errors import ExperimentFailed, NotFound, ServerUnavailable, UsageError
from ..logs.times import duration
from ..spec import EnvironmentSpec
from ..spec.submission import with_flags
from .context import Context
from .drafts import Draft
from .outcome import Outcome
from .reduction import Machine, reduced
from .runs import Runs
from .show import show
from .timelimit import TimeLimit
from .waiting import wait

if TYPE_CHECKING:
    from ..client import Experiment

_OFFER = (
    "To submit it for real, run this cell without --rehearse, or "
    "`%submarine experiment --rehearsed`."
)


def rehearse(context: Context, arguments: argparse.Namespace, ready: Sequence[Draft]) -> None:
    """Run drafts in small on the local server, one after the other; of a grid its first point.

    Raises
    ------
    ExperimentFailed
        One failed before its time was up.
    """
    first = [draft for draft in ready if draft.parameters == ready[0].parameters]
    context.rehearsed = ()
    client = _local_client()
    done: list[Experiment] = []
    for draft in first:
        experiment = _start(context, client, draft, arguments.rehearse)
        done.append(experiment)
        several = Runs(done, [one.parameters for one in first[: len(done)]])
        context.keep(arguments.out, experiment if len(first) == 1 else several.frame())
        _finish(context, experiment, arguments.rehearse)
    context.rehearsed = ready
    count = f"{len(first)} of the {len(ready)} were rehearsed. " if len(first) < len(ready) else ""
    context.say(count + _OFFER)


def rehearsed(context: Context, arguments: argparse.Namespace) -> list[Draft]:
    """Return what was rehearsed last, as it is to be submitted for real, changed by flags.

    Raises
    ------
    UsageError
        Nothing was, or it failed.
    """
    if not context.rehearsed:
        raise UsageError(
            "--rehearsed: no rehearsal has gone well since the kernel started; run a cell with "
            "`%%submarine experiment --rehearse 20s`"
        )
    return [replace(draft, spec=with_flags(draft.spec, arguments)) for draft in context.rehearsed]


def _local_client() -> ExperimentClient:
    """Return a client of a server that runs replicas as processes of this machine."""
    client = ExperimentClient(locator=EmbeddedServer())
    if client.info(start="yes").get("submitter") == "local":
        return client
    # The server of the data directory hands runs on to a cluster.
    return ExperimentClient(locator=EmbeddedServer(data_dir() / "rehearsals"))


def _start(context: Context, client: ExperimentClient, draft: Draft, seconds: float) -> Experiment:
    small, sentences = reduced(draft.spec, Machine.here())
    meta = small["meta"]
    meta["tags"] = [*(meta.get("tags") or ()), REHEARSAL]
    sentences += _bring_environment(context.client, client, small)
    sentences += [f"Ignored here: {sentence}" for sentence in client.plan(small)["ignored"]]
    heading = f"Rehearsal of {meta['name']} on this machine, for {_said(seconds)} at most."
    context.say("\n  ".join([heading, *sentences]))
    experiment = client.submit(small)
    context.last = experiment
    show(experiment)
    return experiment


def _bring_environment(
    source: ExperimentClient, target: ExperimentClient, spec: dict[str, Any]
) -> list[str]:
    """Register the environment that a spec names where it is to run; return what was done."""
    name = spec["environment"].get("name")
    if not name:
        return []
    here = _environment(target, name)
    if here is not None:
        if _is_the_same(source, name, here):
            return []
        said = f"the {name} of this machine is used, and the server has another of that name"
        return [f"environment.name: {said}"]
    found = _environment(source, name)
    if found is None:
        return []  # the server that is to run it says what to do
    target.transport.call(Call(method="POST", path="/api/v1/environment", body=found))
    return [f"environment.name: {name} was registered on this machine, as the server has it"]


def _is_the_same(source: ExperimentClient, name: str, here: dict[str, Any]) -> bool:
    """Whether a server has the environment as it is here; also where it does not answer."""
    try:
        there = _environment(source, name)
    except ServerUnavailable:
        return True
    return there is None or EnvironmentSpec.from_wire(there) == EnvironmentSpec.from_wire(here)


def _environment(client: ExperimentClient, name: str) -> dict[str, Any] | None:
    try:
        path = f"/api/v1/environment/{quote(name, safe='')}"
        found: dict[str, Any] = client.transport.get(path)["environmentSpec"]
    except NotFound:
        return None
    return found


def _finish(context: Context, experiment: Experiment, seconds: float) -> None:
    """Wait for the end of a rehearsal, and show what came out."""
    limit = TimeLimit(experiment, seconds)
    verdict = f"Rehearsal of {experiment.name}: it went well to its end."
    try:
        wait(context, experiment, on_interrupt="stop", limit=limit)
    except ExperimentFailed as failure:
        if not (limit.is_up and failure.reason == "Stopped"):
            verdict = f"Rehearsal of {experiment.name}: it failed. Nothing was submitted for real."
            context.show(Outcome(verdict, experiment))
            raise
        verdict = (
            f"Rehearsal of {experiment.name}: nothing failed in {_said(seconds)}; "
            "then it was stopped."
        )
    context.show(Outcome(verdict, experiment))


def _said(seconds: float) -> str:
    return duration(int(seconds)) if seconds.is_integer() else f"{seconds:g} s"
