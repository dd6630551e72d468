"""Changes to a spec, as keywords of `submit` and `clone`."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from typing_extensions import Unpack

from ..errors import UsageError
from ..spec.flags import RESOURCES


class Changes(TypedDict, total=False):
    """What can be changed in a spec.

    Attributes
    ----------
    name, framework, cmd, tags
        As in `meta`.
    image, environment
        The image of the containers; the name of a predefined environment.
    replicas
        Role → how many; a role that is not there yet is added.
    resources
        `cpu=1,memory=1G` for every role, or role → the same.
    env
        Variable → value, for every role; None takes a variable away.
    """

    name: str
    framework: str
    cmd: str
    tags: Sequence[str]
    image: str
    environment: str
    replicas: Mapping[str, int]
    resources: str | Mapping[str, str]
    env: Mapping[str, object]


def changed(spec: Mapping[str, Any], **changes: Unpack[Changes]) -> dict[str, Any]:
    """Return a spec with changes; see `Changes`.

    Raises
    ------
    UsageError
        There is no change of that name, or a role is not there.
    """
    check_names(changes)
    new = copy.deepcopy(dict(spec))
    meta = _part(new, "meta")
    for name in ("name", "framework", "cmd"):
        if name in changes:
            meta[name] = changes[name]
    if "tags" in changes:
        meta["tags"] = list(changes["tags"])
    if "image" in changes:
        _part(new, "environment")["image"] = changes["image"]
    if "environment" in changes:
        _part(new, "environment")["name"] = changes["environment"]
    _change_roles(_part(new, "spec"), changes)
    if "cmd" in changes:
        for task in new["spec"].values():
            task.pop("cmd", None)  # else it would go before the common one
    _set_variables(new, changes.get("env", {}))
    return new


def check_names(given: Iterable[str]) -> None:
    """Raise UsageError if one of these keywords is no change of a spec."""
    known = list(Changes.__annotations__)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            rest = f"did you mean {near[0]}?" if near else f"it can be {', '.join(known)}"
            raise UsageError(f"{name}: is nothing of a spec that can be changed; {rest}")


def _change_roles(tasks: dict[str, Any], changes: Changes) -> None:
    replicas, resources = changes.get("replicas", {}), changes.get("resources", {})
    if not isinstance(replicas, Mapping):
        raise UsageError(
            f"replicas: {replicas!r} is no mapping; give each role its number, such as "
            "{'Worker': 2}"
        )
    for role, count in replicas.items():
        tasks.setdefault(role, {"resources": RESOURCES})["replicas"] = count
    if isinstance(resources, str):
        resources = dict.fromkeys(tasks, resources)
    for role, amounts in resources.items():
        if role not in tasks:
            raise UsageError(f"resources: {role!r} is no role here; there are {', '.join(tasks)}")
        tasks[role]["resources"] = amounts
        tasks[role].pop("resourceMap", None)


def _set_variables(spec: dict[str, Any], variables: Mapping[str, object]) -> None:
    # A role's own variables replace the common ones, so they need them too.
    owners = [spec["meta"], *(task for task in spec["spec"].values() if task.get("envVars"))]
    for owner in owners if variables else ():
        merged = {**(owner.get("envVars") or {}), **variables}
        owner["envVars"] = {name: value for name, value in merged.items() if value is not None}


def _part(spec: dict[str, Any], name: str) -> dict[str, Any]:
    part = spec.setdefault(name, {})
    if not isinstance(part, dict):
        raise UsageError(f"{name}: must be a mapping, not {part!r:.60}")
    return part
