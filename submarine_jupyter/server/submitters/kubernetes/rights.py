"""What the server has to be allowed in its namespace, as a Role and as questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from .kinds import GROUP, KINDS
from .resources import EVENTS, JOBS, PODS, SECRETS, Resource

ROLE = "submarine-jupyter"


@dataclass(frozen=True)
class Right:
    """Something that is done with a resource.

    Attributes
    ----------
    part
        Of each object (`log`), or empty.
    """

    verb: str
    resource: Resource
    part: str = ""

    def __str__(self) -> str:
        part = f"/{self.part}" if self.part else ""
        return f"{self.verb} {self.resource.plural}{part}" + (
            f".{self.resource.group}" if self.resource.group else ""
        )


_JOB_VERBS = ("get", "list", "watch", "create", "patch", "delete")
_POD_VERBS = ("get", "list", "watch")
_EVENT_VERBS = ("list", "watch")
_SECRET_VERBS = ("create", "patch", "delete")


def rights() -> Iterator[Right]:
    """Yield all that is needed."""
    for resource in JOBS:
        yield from (Right(verb, resource) for verb in _JOB_VERBS)
    yield from (Right(verb, PODS) for verb in _POD_VERBS)
    yield Right("get", PODS, "log")
    yield from (Right(verb, EVENTS) for verb in _EVENT_VERBS)
    yield from (Right(verb, SECRETS) for verb in _SECRET_VERBS)


def role(namespace: str) -> dict[str, Any]:
    """Return the Role that allows it."""
    plurals = [kind.plural for kind in KINDS.values()]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": ROLE, "namespace": namespace},
        "rules": [
            _rule(GROUP, plurals, _JOB_VERBS),
            _rule("", ["pods"], _POD_VERBS),
            _rule("", ["pods/log"], ("get",)),
            _rule("", ["events"], _EVENT_VERBS),
            _rule("", ["secrets"], _SECRET_VERBS),
        ],
    }


def role_text(namespace: str) -> str:
    """Return the Role as YAML, to be applied."""
    return str(yaml.safe_dump(role(namespace), sort_keys=False))


def _rule(group: str, resources: list[str], verbs: tuple[str, ...]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
