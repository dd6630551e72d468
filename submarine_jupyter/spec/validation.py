"""What a spec must hold to be accepted, beyond its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import Problem, SpecError
from .code import code_problems
from .commands import words_of
from .frameworks import FRAMEWORKS, Framework, framework
from .models import NAMESPACE, ExperimentSpec, ExperimentTaskSpec
from .resources import parse_resources

MAX_REPLICAS = 500
"""Replicas that one experiment may have in all."""

NAME_LENGTH = 63
NAME_PATTERN = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"

_NAME = re.compile(NAME_PATTERN)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def normalize(spec: ExperimentSpec) -> ExperimentSpec:
    """Return the spec as it is stored: its name in lower case, roles in their own spelling.

    The namespace is the server's own, as that of Apache Submarine has it.
    """
    known = framework(spec.meta.framework or "")
    name = spec.meta.name.lower() if spec.meta.name else spec.meta.name
    roles = {(known and known.role(role)) or role: task for role, task in spec.spec.items()}
    meta = spec.meta.model_copy(update={"name": name, "namespace": NAMESPACE})
    return spec.model_copy(update={"meta": meta, "spec": roles})


def check(spec: ExperimentSpec) -> None:
    """Raise SpecError with every problem of a spec; return when there is none."""
    problems = list(_problems(spec))
    if problems:
        raise SpecError(problems)


def _problems(spec: ExperimentSpec) -> Iterator[Problem]:
    yield from _name_problems(spec.meta.name)
    yield from variable_problems("meta.envVars", spec.meta.env_vars)
    known = framework(spec.meta.framework or "")
    if known is None:
        supported = ",".join(entry.name.upper() for entry in FRAMEWORKS.values())
        given = spec.meta.framework or "none given"
        yield Problem(
            "meta.framework",
            f"Unsupported framework name: {given}. Supported frameworks are: {supported}",
        )
    if not spec.spec:
        yield Problem("spec", "has no role; give at least one, such as Worker")
    replicas = sum(max(task.replica_count, 0) for task in spec.spec.values())
    if replicas > MAX_REPLICAS:
        yield Problem(
            "spec", f"asks for {replicas} replicas in all; ask for {MAX_REPLICAS} or less"
        )
    seen: set[str] = set()
    for role, task in spec.spec.items():
        if role.lower() in seen:
            yield Problem(f"spec.{role}", "is given twice, in different case")
        seen.add(role.lower())
        if known is not None:
            yield from _role_problems(role, known)
        yield from _task_problems(f"spec.{role}", task, spec.meta.cmd)
    yield from code_problems(spec.code)


def _name_problems(name: str | None) -> Iterator[Problem]:
    if not name:
        yield Problem("meta.name", "is missing; give the experiment a name")
    elif len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
        yield Problem(
            "meta.name",
            f"{name!r} is no valid name; use up to {NAME_LENGTH} letters, digits, '-', '_' "
            "and '.', with a letter or digit first and last",
        )


def _role_problems(role: str, known: Framework) -> Iterator[Problem]:
    if known.role(role) is None:
        roles = ",".join(known.roles)
        yield Problem(
            f"spec.{role}",
            f"Unrecognized replica type name: {role}, it should be {roles} "
            f"for {known.name} experiment.",
        )


def _task_problems(field: str, task: ExperimentTaskSpec, common: str | None) -> Iterator[Problem]:
    if task.replica_count < 1:
        yield Problem(f"{field}.replicas", f"{task.replicas} is too few; use 1 or more")
    if task.resources is None:
        yield Problem(f"{field}.resources", "is missing; give it as cpu=1,memory=1024M")
    else:
        try:
            parse_resources(task.resources)
        except ValueError as error:
            yield Problem(f"{field}.resources", str(error))
    cmd = task.cmd or common
    where = f"{field}.cmd" if task.cmd else "meta.cmd"
    if not cmd or not cmd.strip():
        yield Problem(where, f"is missing; give meta.cmd or {field}.cmd")
    else:
        try:
            words_of(cmd)
        except ValueError as error:
            yield Problem(where, f"cannot be split into words ({error}); close the quote")
        if "\0" in cmd:
            yield Problem(where, "holds a NUL character; remove it")
    yield from variable_problems(f"{field}.envVars", task.env_vars or {})


def variable_problems(field: str, variables: dict[str, str | None]) -> Iterator[Problem]:
    """Yield what is wrong with the names and values of environment variables."""
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name):
            yield Problem(
                field,
                f"{name!r} is no variable name; use letters, digits, '_', '-' and '.', "
                "not beginning with a digit",
            )
        elif value is not None and "\0" in value:
            yield Problem(f"{field}.{name}", "holds a NUL character; remove it")
