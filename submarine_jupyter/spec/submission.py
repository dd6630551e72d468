"""From a program or a spec, and the flags of a command, to the spec that is sent."""

from __future__ import annotations

import argparse
import ast
import copy
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import Problem, SpecError, UsageError
from .flags import RESOURCES
from .models import ExperimentSpec
from .program import encode_cell
from .validation import check

_NAME_LENGTH = 63


@dataclass(frozen=True)
class Source:
    """A Python program.

    Attributes
    ----------
    text, program
        The source, and the same parsed.
    filename
        What tracebacks call it.
    first_line
        Number of its first line where its author sees it.
    """

    text: str
    program: ast.Module
    filename: str
    first_line: int = 1


def parse_program(text: str, first_line: int = 1) -> ast.Module:
    """Parse Python; its lines are numbered from `first_line`.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        It is no Python program.
    """
    padded = "\n" * (first_line - 1) + text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = ast.parse(padded)
        # Finds what parses but cannot run, such as an await outside a function.
        compile(program, "program", "exec", dont_inherit=True)
    return program


def imported_packages(program: ast.Module) -> set[str]:
    """Return the top-level names of everything that a program imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(program):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@dataclass(frozen=True)
class Defaults:
    """What a spec gets where neither it nor a flag says anything.

    Attributes
    ----------
    framework, image, environment, tags, variables
        As the flags of the same names have them.
    replicas
        Of a program, which has no roles of its own.
    resources
        Of each replica.
    """

    framework: str | None = None
    replicas: str | None = None
    resources: str | None = None
    image: str | None = None
    environment: str | None = None
    tags: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


PLAIN = Defaults()


def spec_of_program(
    source: Source, name: str, flags: argparse.Namespace, defaults: Defaults = PLAIN
) -> dict[str, Any]:
    """Return the spec that runs a program in every replica, changed by the flags."""
    framework = flags.framework or defaults.framework or _framework_of(source.program)
    # TensorFlow knows no master that is alone; the others begin with one.
    alone = "Worker=1" if framework.lower() == "tensorflow" else "Master=1"
    replicas = flags.replicas or defaults.replicas or alone
    spec: dict[str, Any] = {
        "meta": {
            "name": name,
            "framework": framework,
            "cmd": encode_cell(source.text, source.filename, source.first_line),
        },
        "environment": {},
        "spec": {role: {"replicas": count} for role, count in _counts(replicas).items()},
    }
    resources = defaults.resources or RESOURCES
    return with_defaults(with_flags(spec, flags), replace(defaults, resources=resources))


def with_defaults(mapping: dict[str, Any], defaults: Defaults) -> dict[str, Any]:
    """Return a spec with defaults where it says nothing."""
    spec = copy.deepcopy(mapping)
    meta, tasks = _part(spec, "meta"), _part(spec, "spec")
    if defaults.framework:
        meta.setdefault("framework", defaults.framework)
    if defaults.tags:
        meta.setdefault("tags", list(defaults.tags))
    for name, value in defaults.variables.items():
        _set_variable(meta, tasks, name, value, only_if_new=True)
    if defaults.resources:
        for task in tasks.values():
            task.setdefault("resources", defaults.resources)
    environment = spec.get("environment")
    if isinstance(environment, dict) and not {"image", "name"} & set(environment):
        _set_environment(environment, defaults.image, defaults.environment)
    return spec


def with_flags(mapping: dict[str, Any], flags: argparse.Namespace) -> dict[str, Any]:
    """Return a spec changed by the flags that were given."""
    spec = copy.deepcopy(mapping)
    meta, tasks = _part(spec, "meta"), _part(spec, "spec")
    if flags.name:
        meta["name"] = flags.name
    if flags.framework:
        meta["framework"] = flags.framework
    if flags.tags:
        meta["tags"] = [tag.strip() for tag in flags.tags.split(",") if tag.strip()]
    for role, count in _counts(flags.replicas).items():
        tasks.setdefault(role, {"resources": RESOURCES})["replicas"] = count
    for text in flags.resources:
        role, colon, amounts = text.partition(":")
        if colon and role not in tasks:
            known = ", ".join(map(str, tasks))
            raise UsageError(f"--resources: {role!r} is no role here; there are {known}")
        for task in [tasks[role]] if colon else tasks.values():
            task["resources"] = amounts if colon else text
    for item in flags.env:
        _set_variable(meta, tasks, *_variable(item))
    if flags.image or flags.environment:
        _set_environment(_part(spec, "environment"), flags.image, flags.environment)
    return spec


def put_variable(spec: dict[str, Any], name: str, value: str) -> None:
    """Put an environment variable where every replica of a spec gets it."""
    _set_variable(_part(spec, "meta"), _part(spec, "spec"), name, value)


def checked(mapping: dict[str, Any], known: Sequence[Problem] = ()) -> ExperimentSpec:
    """Return the spec as a model; SpecError names everything that is wrong in it, at once.

    Parameters
    ----------
    known
        Problems that were found already.
    """
    problems = list(known)
    try:
        spec = ExperimentSpec.from_wire(mapping)
        check(spec)
    except SpecError as error:
        problems += error.problems
        problems += _others(mapping, error.problems)
    if problems:
        raise SpecError(problems)
    return spec


def _others(mapping: dict[str, Any], known: Sequence[Problem]) -> Iterator[Problem]:
    """Yield what is wrong with the meaning of a spec, apart from fields of a wrong type."""
    wrong = [problem.field for problem in known]
    rest = copy.deepcopy(mapping)
    for path in wrong:
        _remove(rest, path.split("."))
    try:
        check(ExperimentSpec.from_wire({"meta": {}, "environment": {}, "spec": {}, **rest}))
    except SpecError as error:
        for problem in error.problems:
            if not any(_is_within(problem.field, path) for path in wrong):
                yield problem


def _remove(part: object, path: list[str]) -> None:
    *parents, last = path
    for key in parents:
        part = part.get(key) if isinstance(part, dict) else None
    if isinstance(part, dict):
        part.pop(last, None)


def _is_within(field: str, other: str) -> bool:
    """Whether one of two fields holds the other."""
    return f"{field}.".startswith(f"{other}.") or f"{other}.".startswith(f"{field}.")


def as_name(text: str) -> str:
    """Return a text, such as a file's name, as the name of an experiment; may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:_NAME_LENGTH].strip("-")


def _variable(item: str) -> tuple[str, str]:
    """Read `NAME=VALUE`."""
    name, equals, value = item.partition("=")
    if not equals or not name:
        raise UsageError(f"-e/--env: {item!r} is not of the form NAME=VALUE")
    return name, value


def _set_variable(
    meta: dict[str, Any], tasks: dict[str, Any], name: str, value: str, *, only_if_new: bool = False
) -> None:
    """Put a variable where every replica gets it."""
    # A role's own variables replace the common ones, so they need it too.
    owners = {"meta": meta, **{f"spec.{role}": task for role, task in tasks.items()}}
    for path, owner in owners.items():
        own = owner.get("envVars")
        if own is not None and not isinstance(own, dict):
            raise SpecError([Problem(f"{path}.envVars", f"must be a mapping, not {own!r:.60}")])
        if own is not None or owner is meta:
            before = own or {}
            given = {} if only_if_new and name in before else {name: value}
            owner["envVars"] = {**before, **given}


def _set_environment(spec: dict[str, Any], image: str | None, name: str | None) -> None:
    """Put an image, and a predefined environment's name, into `environment`."""
    given = {"image": image, "name": name}
    spec.update({key: value for key, value in given.items() if value})


def _framework_of(program: ast.Module) -> str:
    packages = imported_packages(program)
    if "torch" in packages:
        return "PyTorch"
    return "XGBoost" if "xgboost" in packages else "TensorFlow"


def _assigned(text: str) -> dict[str, str]:
    """Read `Master=1,Worker=2`."""
    pairs: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        role, equals, count = (part.strip() for part in item.partition("="))
        if not equals or not role or not count:
            raise UsageError(f"--replicas: {item!r} is not of the form Master=1,Worker=2")
        pairs[role] = count
    if not pairs:
        raise UsageError("--replicas: is empty; write it as Master=1,Worker=2")
    return pairs


def _counts(text: str | None) -> dict[str, int]:
    if not text:
        return {}
    counts = {}
    for role, count in _assigned(text).items():
        try:
            counts[role] = int(count)
        except ValueError:
            raise UsageError(
                f"--replicas: {role}={count} is no whole number; write {role}=2"
            ) from None
    return counts


def _part(spec: dict[str, Any], name: str) -> dict[str, Any]:
    part = spec.setdefault(name, {})
    if not isinstance(part, dict) or not all(
        isinstance(task, dict) for task in part.values() if name == "spec"
    ):
        raise SpecError([Problem(name, f"must be a mapping, not {part!r:.60}")])
    return part
