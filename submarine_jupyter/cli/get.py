"""`get`: everything about one experiment."""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..errors import NotFound
from .command import Command
from .connection import connect, connection_options, find, id_argument
from .exits import Exit

if TYPE_CHECKING:
    from ..client import Experiment

# The server's own, or nothing that a spec needs to hold.
_NOT_OF_THE_AUTHOR = ("experimentId", "resourceMap")


def _run(options: argparse.Namespace) -> int:
    from . import terminal

    experiment = find(connect(options), options.id)
    if options.json:
        terminal.show_json(experiment.data)
    elif options.yaml:
        terminal.show_yaml(experiment.data)
    else:
        _show(experiment)
    return Exit.DONE


def _show(experiment: Experiment) -> None:
    from ..spec.program import decode_cell
    from ..spec.secrets import mask_spec
    from . import terminal

    terminal.show_facts(_facts(experiment))
    with suppress(NotFound):  # another server does not tell its pods
        if pods := experiment.pods():
            terminal.show_heading("Pods")
            columns = [
                terminal.Column("Pod", whole=True),
                terminal.Column("State", whole=True),
                terminal.Column("Exit", whole=True),
                terminal.Column("Reason", least=12),
                terminal.Column("Log bytes", whole=True, spare=True),
                terminal.Column("Time", whole=True, spare=True),
            ]
            terminal.show_table(columns, [_pod(experiment, pod) for pod in pods])
    terminal.show_heading("Spec")
    spec = _as_written(mask_spec(experiment.spec))
    program = decode_cell(str(spec["meta"].get("cmd") or ""))
    if program is not None:
        spec["meta"]["cmd"] = "(the program below)"
    terminal.show_yaml(spec)
    if program is not None:
        terminal.show_heading("Program")
        terminal.show_text(program)


def _facts(experiment: Experiment) -> dict[str, Any]:
    from ..logs.clean import one_line
    from ..logs.times import age, duration, parse_time, seconds_between
    from . import terminal

    data, meta = experiment.data, experiment.spec["meta"]
    now = datetime.now(timezone.utc).isoformat()
    submitted = ""
    if accepted := data.get("acceptedTime"):
        local = parse_time(accepted).astimezone()
        submitted = f"{local:%Y-%m-%d %H:%M:%S}, {duration(seconds_between(accepted, now))} ago"
    status = terminal.status(experiment.last_status)
    if reason := _reason(experiment):
        status.append(f": {one_line(reason)}", "default")
    return {
        "Id": experiment.id,
        "Name": meta.get("name") or "",
        "Status": status,
        "Framework": meta.get("framework") or "",
        "Tags": ", ".join(meta.get("tags") or []),
        "Submitted": submitted,
        "Time": age(data, now),
    }


def _reason(experiment: Experiment) -> str:
    """Return why the experiment is as it is, as its timeline has it."""
    with suppress(NotFound):
        for event in reversed(experiment.events()):
            if event.get("kind") == "status":
                return str(event.get("message") or "")
    return ""


def _pod(experiment: Experiment, pod: dict[str, Any]) -> tuple[Any, ...]:
    from ..logs.times import duration, seconds_between
    from .terminal import status

    started, finished = pod.get("startTime"), pod.get("finishTime")
    now = datetime.now(timezone.utc).isoformat()
    code = pod.get("exitCode")
    return (
        pod["name"].removeprefix(f"{experiment.id}-"),
        status(pod.get("state") or ""),
        pod.get("signal") or ("" if code is None else str(code)),
        pod.get("reason") or "",
        f"{pod.get('logSize') or 0:,}",
        duration(seconds_between(started, finished or now)) if started else "",
    )


def _as_written(value: Any) -> Any:
    """Return a spec without what its author need not have written."""
    if not isinstance(value, dict):
        return value
    return {
        key: _as_written(entry)
        for key, entry in value.items()
        if entry not in (None, [], {}) and key not in _NOT_OF_THE_AUTHOR
    }


def _arguments(parser: argparse.ArgumentParser) -> None:
    id_argument(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as the API answers it")
    form.add_argument("--yaml", action="store_true", help="print the same as YAML")
    connection_options(parser)


COMMAND = Command(
    "get",
    "show an experiment, its pods and its spec",
    _run,
    _arguments,
    details="Values of variables whose names look like secrets are hidden, except by --json and "
    "--yaml.",
)
