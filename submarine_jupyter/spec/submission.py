"""From a program or a spec, and the flags of a command, to the spec that is sent."""

from __future__ import annotations

import argparse
import ast
import copy
import re
import warnings
from dataclasses import dataclass
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


def spec_of_program(source: Source, name: str, flags: argparse.Namespace) -> dict[str, Any]:
    """Return the spec that runs a program in every replica, changed by the flags."""
    framework = flags.framework or _framework_of(source.program)
    # TensorFlow knows no master that is alone; the others begin with one.
    default = {"Worker": "1"} if framework.lower() == "tensorflow" else {"Master": "1"}
    replicas = _assigned(flags.replicas) if flags.replicas else default
    spec: dict[str, Any] = {
        "meta": {
            "name": name,
            "framework": framework,
            "cmd": encode_cell(source.text, source.filename, source.first_line),
        },
        "environment": {},
        "spec": {role: {"resources": RESOURCES} for role in replicas},
    }
    return with_flags(spec, flags)


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
        _set_variable(meta, tasks, item)
    return spec


def checked(mapping: dict[str, Any]) -> ExperimentSpec:
    """Return the spec as a model; SpecError names everything that is wrong in it."""
    spec = ExperimentSpec.from_wire(mapping)
    check(spec)
    return spec


def as_name(text: str) -> str:
    """Return a text, such as a file's name, as the name of an experiment; may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:_NAME_LENGTH].strip("-")


def _set_variable(meta: dict[str, Any], tasks: dict[str, Any], item: str) -> None:
    """Put `NAME=VALUE` where every replica gets it."""
    name, equals, value = item.partition("=")
    if not equals or not name:
        raise UsageError(f"-e/--env: {item!r} is not of the form NAME=VALUE")
    # A role's own variables replace the common ones, so they need it too.
    owners = {"meta": meta, **{f"spec.{role}": task for role, task in tasks.items()}}
    for field, owner in owners.items():
        own = owner.get("envVars")
        if own is not None and not isinstance(own, dict):
            raise SpecError([Problem(f"{field}.envVars", f"must be a mapping, not {own!r:.60}")])
        if own is not None or owner is meta:
            owner["envVars"] = {**(own or {}), name: value}


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
