"""From a cell and the command's flags to the spec that is sent."""

from __future__ import annotations

import argparse
import ast
import copy
import os
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..errors import Problem, SpecError, UsageError
from ..spec.models import ExperimentSpec
from ..spec.program import encode_cell
from ..spec.validation import check
from .cell import imported_packages
from .grammar import assignments

_RESOURCES = "cpu=1,memory=1G"


@dataclass(frozen=True)
class Source:
    """The program in a cell.

    Attributes
    ----------
    text, program
        The source, and the same parsed.
    filename
        What tracebacks call it.
    first_line
        Number of its first line in the cell.
    """

    text: str
    program: ast.Module
    filename: str
    first_line: int


def spec_of_program(source: Source, flags: argparse.Namespace) -> ExperimentSpec:
    """Return the spec that runs a cell's program in every replica."""
    name = flags.framework or _framework_of(source.program)
    # TensorFlow knows no master that is alone; the others begin with one.
    default = {"Worker": "1"} if name.lower() == "tensorflow" else {"Master": "1"}
    replicas = _assigned(flags.replicas) if flags.replicas else default
    spec: dict[str, Any] = {
        "meta": {
            "name": default_name(),
            "framework": name,
            "cmd": encode_cell(source.text, source.filename, source.first_line),
        },
        "environment": {},
        "spec": {role: {"resources": _RESOURCES} for role in replicas},
    }
    return checked(with_flags(spec, flags))


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
        tasks.setdefault(role, {"resources": _RESOURCES})["replicas"] = count
    for text in flags.resources:
        role, colon, amounts = text.partition(":")
        if colon and role not in tasks:
            raise UsageError(f"--resources: {role!r} is no role here; there are {', '.join(tasks)}")
        for task in [tasks[role]] if colon else tasks.values():
            task["resources"] = amounts if colon else text
    for item in flags.env:
        variable, equals, value = item.partition("=")
        if not equals or not variable:
            raise UsageError(f"-e/--env: {item!r} is not of the form NAME=VALUE")
        # A role's own variables replace the common ones, so they need it too.
        meta["envVars"] = {**(meta.get("envVars") or {}), variable: value}
        for task in tasks.values():
            if task.get("envVars") is not None:
                task["envVars"][variable] = value
    return spec


def checked(mapping: dict[str, Any]) -> ExperimentSpec:
    """Return the spec as a model; SpecError names everything that is wrong in it."""
    spec = ExperimentSpec.from_wire(mapping)
    check(spec)
    return spec


def default_name() -> str:
    """Return a name made from the notebook's file name, else `cell`."""
    path = os.environ.get("JPY_SESSION_NAME") or ""
    stem = PurePath(path).stem if path.endswith(".ipynb") else ""
    label = re.sub(r"[^a-z0-9]+", "-", stem.lower())[:63].strip("-")
    return label or "cell"


def _framework_of(program: ast.Module) -> str:
    packages = imported_packages(program)
    if "torch" in packages:
        return "PyTorch"
    return "XGBoost" if "xgboost" in packages else "TensorFlow"


def _assigned(text: str) -> dict[str, str]:
    return assignments("--replicas", text, "Master=1,Worker=2")


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
