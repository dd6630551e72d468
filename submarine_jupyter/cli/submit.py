"""`submit`: run a spec, or a Python program, as an experiment."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Problem, SpecError, UsageError
from ..spec.flags import add_flags
from .command import Command
from .connection import connect, connection_options
from .exits import Exit

if TYPE_CHECKING:
    from ..client import ExperimentClient
    from ..spec import ExperimentSpec


def _run(options: argparse.Namespace) -> int:
    if options.follow and options.json:
        raise UsageError("--follow: prints log lines, not JSON; use --wait with --json")
    is_program = options.file.endswith(".py")
    spec = _program_spec(options) if is_program else _file_spec(options)
    client = connect(options)
    if options.dry_run:
        _show_plan(client.plan(spec), as_json=options.json)
        return Exit.DONE
    return _submit(client, spec, options)


def _submit(client: ExperimentClient, spec: ExperimentSpec, options: argparse.Namespace) -> int:
    from .following import follow_logs, wait
    from .terminal import remark, say, show_json

    experiment = client.submit(spec)
    if not options.json:
        say(experiment.id)
    try:
        if options.follow:
            follow_logs(experiment)
        elif options.wait:
            wait(experiment)
        else:
            follow = f"`submarine-jupyter logs -f {experiment.id}`"
            remark(f"{experiment.name} is {experiment.last_status}; {follow} follows it")
    finally:
        if options.json:
            show_json(experiment.data)
    return Exit.DONE


def _file_spec(options: argparse.Namespace) -> ExperimentSpec:
    """Return the spec in a file, changed by the flags; its errors name the lines."""
    from ..spec.loading import line_of, load_mapping
    from ..spec.submission import checked, with_flags

    text = _read(options.file)
    name = "standard input" if options.file == "-" else options.file
    try:
        written = changed = load_mapping(text)
    except SpecError as error:
        raise _at(error, lambda where: f"{name}, {where}" if where else name) from None
    try:
        changed = _with_values(with_flags(written, options), options.set)
        return checked(changed)
    except SpecError as error:
        # What a flag has put there stands on no line.
        lines = text if changed == written else ""

        def place(field: str) -> str:
            line = line_of(lines, field)
            where = name if line is None else f"{name}, line {line}"
            return f"{where}: {field}" if field else where

        raise _at(error, place) from None


def _program_spec(options: argparse.Namespace) -> ExperimentSpec:
    """Return the spec that runs a Python file in every replica."""
    from ..spec.submission import Source, as_name, checked, parse_program, spec_of_program

    text = _read(options.file)
    try:
        program = parse_program(text)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise SpecError([Problem(f"{options.file}{line}", error.msg)]) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SpecError([Problem(options.file, f"is no Python program: {error}")]) from None
    source = Source(text, program, options.file)
    name = as_name(Path(options.file).stem) or "program"
    return checked(_with_values(spec_of_program(source, name, options), options.set))


def _read(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text") from None


def _at(error: SpecError, place: Callable[[str], str]) -> SpecError:
    """Return an error whose fields say where they stand."""
    return SpecError(Problem(place(field), message) for field, message in error.problems)


def _with_values(spec: dict[str, Any], items: Sequence[str]) -> dict[str, Any]:
    """Put `meta.cmd=python train.py` and the like into a spec; returns it."""
    for item in items:
        path, equals, text = item.partition("=")
        *parents, last = path.split(".")
        if not equals or not all((*parents, last)):
            raise UsageError(f"--set: {item!r} is not of the form meta.cmd=VALUE")
        part = spec
        for key in parents:
            if part.get(key) is None:
                part[key] = {}
            part = part[key]
            if not isinstance(part, dict):
                raise UsageError(f"--set: {path}: {key} is no mapping in this spec")
        part[last] = _value(text)
    return spec


def _value(text: str) -> object:
    """Read a value: JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _show_plan(plan: dict[str, Any], *, as_json: bool) -> None:
    from . import terminal

    if as_json:
        terminal.show_json(plan)
        return
    rows = [
        (f"{pod['role'].lower()}-{pod['index']}", pod["cwd"], _command(pod["argv"]))
        for pod in plan["pods"]
    ]
    columns = [
        terminal.Column("Pod", whole=True),
        terminal.Column("Directory", least=12),
        terminal.Column("Command", least=12),
    ]
    terminal.show_table(columns, rows)
    for sentence in plan.get("ignored", ()):
        terminal.remark(f"ignored: {sentence}")
    terminal.remark(f"Nothing was submitted; this is what {plan['submitter']} would run.")


def _command(argv: list[str]) -> str:
    from ..spec.program import decode_cell

    carries_program = decode_cell(" ".join(argv)) is not None
    return f"{argv[0]} -c (the program)" if carries_program else shlex.join(argv)


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", help="a spec in YAML or JSON (- for standard input), or a .py file")
    add_flags(parser, name="else that of the spec, or of the file")
    add(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any field of the spec, such as environment.image=NAME; the value may be JSON",
    )
    then = parser.add_mutually_exclusive_group()
    then.add_argument("--wait", action="store_true", help="wait for the end; 3 if it fails")
    then.add_argument("--follow", action="store_true", help="print its log meanwhile")
    then.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    add("--json", action="store_true", help="print the experiment as the API answers it")
    connection_options(parser)


COMMAND = Command(
    "submit",
    "run a spec or a Python program as an experiment",
    _run,
    _arguments,
    details="Prints the id of the experiment. A Python file travels inside the spec and runs in "
    "every replica, in this directory and with this interpreter if the server is on this machine.",
)
