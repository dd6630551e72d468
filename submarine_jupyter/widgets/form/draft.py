"""A spec while it is being written: every field as its author typed it, right or wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...spec import ExperimentSpec
from ...spec.program import decode_cell
from ...spec.resources import GPU
from ...spec.secrets import is_secret

AMOUNTS = {"cpu": "cpu", "memory": "memory", "gpu": GPU}
"""The columns of the roles table, and what each is called in a resource string."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")

COMMAND, CELL, GIT = "command", "cell", "git"
"""The kinds of a program."""


@dataclass(frozen=True)
class Variable:
    """An environment variable; a hidden one never leaves the kernel in clear, but to the server."""

    name: str = ""
    value: str = ""
    hidden: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether its value is hidden, as its author or its name wants."""
        return self.hidden or is_secret(self.name)


@dataclass(frozen=True)
class Role:
    """A row of the roles table.

    Attributes
    ----------
    amounts
        `cpu`, `memory` and `gpu`, as typed.
    others
        Further items of the resource string.
    rest
        What else the task holds, kept as it is.
    """

    name: str
    replicas: str = "1"
    amounts: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def resources(self) -> str | None:
        """The resource string; None if every amount is empty."""
        given = [
            f"{key}={amount.strip()}"
            for column, key in AMOUNTS.items()
            if (amount := self.amounts.get(column, "")).strip()
        ]
        return ",".join([*given, *self.others]) or None


@dataclass(frozen=True)
class Draft:
    """What a form holds.

    Attributes
    ----------
    program
        `command`, `cell` or `git`.
    cmd
        The command; of a cell the packed one.
    git
        `url`, `branch` and what else the `git` shape of `code` has.
    rest
        What the form has no field for, by its part of the spec, kept as it is.
    """

    name: str = ""
    framework: str = ""
    tags: str = ""
    program: str = COMMAND
    cmd: str = ""
    git: Mapping[str, Any] = field(default_factory=dict)
    image: str = ""
    environment: str = ""
    variables: tuple[Variable, ...] = ()
    roles: tuple[Role, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: ExperimentSpec, hidden: frozenset[str] = frozenset()) -> Draft:
        """Return the draft of a spec; variables named in `hidden` are secret whatever their name.

        Where the spec comes from a server, what only servers set is left out.
        """
        meta, environment = spec.meta, spec.environment
        wire = spec.to_wire()
        cmd = meta.cmd or ""
        code = wire["code"] or {}
        git = code.get("git") or ({"url": code["url"]} if code.get("url") else {})
        program = GIT if spec.code else CELL if decode_cell(cmd) is not None else COMMAND
        return cls(
            name=meta.name or "",
            framework=(meta.framework or "").strip(),
            tags=", ".join(meta.tags),
            program=program,
            cmd=cmd,
            git={key: value for key, value in git.items() if value is not None},
            image=environment.image or "",
            environment=environment.name or "",
            variables=tuple(
                Variable(name, value or "", name in hidden) for name, value in meta.env_vars.items()
            ),
            roles=tuple(_role(name, task) for name, task in wire["spec"].items()),
            rest=_rest(wire),
        )

    def to_wire(self) -> dict[str, Any]:
        """Return the spec as it is sent, with what is wrong in it."""
        wire: dict[str, Any] = {
            "meta": {"name": self.name.strip(), "framework": self.framework},
            "environment": dict(self.rest.get("environment", {})),
            "spec": {role.name: _task(role) for role in self.roles},
        }
        if self.cmd.strip():
            wire["meta"]["cmd"] = self.cmd
        if self.variables:
            wire["meta"]["envVars"] = {each.name: each.value for each in self.variables}
        if tags := [tag.strip() for tag in self.tags.split(",") if tag.strip()]:
            wire["meta"]["tags"] = tags
        for key, text in (("name", self.environment), ("image", self.image)):
            if text.strip():
                wire["environment"][key] = text.strip()
        if handler := self.rest.get("experimentHandlerSpec"):
            wire["experimentHandlerSpec"] = handler
        if self.program == GIT:
            wire["code"] = {**self.rest.get("code", {"syncMode": "git"}), **_code(self)}
        return wire

    @property
    def hidden(self) -> frozenset[str]:
        """The names of the variables that are secret because their author said so."""
        return frozenset(each.name for each in self.variables if each.hidden)

    def with_role(self, name: str, changed: Role | None) -> Draft:
        """Return the draft with a role in place of another, or without it."""
        kept = (changed if role.name == name else role for role in self.roles)
        return replace(self, roles=tuple(role for role in kept if role is not None))


def whole_number(text: str) -> int | None:
    """Return the whole number that a text is, or None."""
    return int(text) if _WHOLE.fullmatch(text.strip()) else None


def _role(name: str, task: Mapping[str, Any]) -> Role:
    amounts: dict[str, str] = {}
    others = []
    columns = {key: column for column, key in AMOUNTS.items()}
    for item in filter(None, (part.strip() for part in (task["resources"] or "").split(","))):
        key, equals, amount = (part.strip() for part in item.partition("="))
        if equals and key in columns:
            amounts[columns[key]] = amount
        else:
            others.append(item)
    replicas = 1 if task["replicas"] is None else task["replicas"]
    return Role(
        name,
        str(replicas),
        amounts,
        tuple(others),
        {key: task[key] for key in ("name", "image", "cmd", "envVars") if task[key] is not None},
    )


def _task(role: Role) -> dict[str, Any]:
    count = whole_number(role.replicas)
    task: dict[str, Any] = {"replicas": role.replicas if count is None else count}
    if role.resources is not None:
        task["resources"] = role.resources
    return {**task, **role.rest}


def _code(draft: Draft) -> dict[str, Any]:
    # Older servers know only the plain address.
    if draft.rest.get("plainCode") and set(draft.git) <= {"url"}:
        return {"url": draft.git.get("url", "")}
    return {"git": dict(draft.git)}


def _rest(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Return what no field shows, without what servers set."""
    environment = wire["environment"]
    code = wire["code"] or {}
    rest = {
        "environment": {
            key: environment[key]
            for key in ("dockerImage", "kernelSpec", "description")
            if environment[key] is not None
        },
        "experimentHandlerSpec": wire.get("experimentHandlerSpec"),
        "code": {"syncMode": code["syncMode"]} if code.get("syncMode") else None,
        "plainCode": bool(code.get("url")),
    }
    return {key: value for key, value in rest.items() if value}
