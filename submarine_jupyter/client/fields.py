"""The fields of a spec as flat texts, in which two specs can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from ..spec.program import decode_cell
from ..spec.secrets import MASK, is_secret
from .provenance import PACKAGES, PACKAGES_HASH, packages_of

_NOT_THE_AUTHORS = ("experimentId", "resourceMap")

NOT_SET = "-"
"""What stands for a field that is not set."""

_PACKAGES = "packages"
_PACKAGE = "package "


def fields_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return every field that is set, by its dotted name, such as `spec.Worker.replicas`.

    Packages stand one by one, as `package numpy`.
    """
    fields = dict(_flat("", spec))
    variables = spec["meta"].get("envVars") or {}
    fields.pop(f"meta.envVars.{PACKAGES}", None)
    packages_hash = fields.pop(f"meta.envVars.{PACKAGES_HASH}", None)
    if packages_hash is not None:
        fields[_PACKAGES] = packages_hash
    fields |= {f"{_PACKAGE}{name}": version for name, version in packages_of(variables).items()}
    return fields


def differing(specs: list[Mapping[str, Any]]) -> dict[str, list[str | None]]:
    """Return the fields that are not the same in all specs, with the value of each or None."""
    all_fields = [fields_of(spec) for spec in specs]
    names = dict.fromkeys(name for fields in all_fields for name in fields)
    found = {name: [fields.get(name) for fields in all_fields] for name in names}
    found = {name: values for name, values in found.items() if len(set(values)) > 1}
    if any(name.startswith(_PACKAGE) for name in found):
        found.pop(_PACKAGES, None)  # says no more than they do
    return found


def shown(name: str, value: str | None) -> str:
    """Return a field's value for people: no secrets, and of a program or hash only a sign."""
    if value is None:
        return NOT_SET
    last = name.rpartition(".")[2]
    if is_secret(last) and ("envVars" in name or "git" in name):
        return MASK
    if (program := program_in(name, value)) is not None:
        lines = len(program.splitlines())
        return f"{lines} lines, {hashlib.sha256(program.encode()).hexdigest()[:8]}"
    if value.startswith("sha256:"):
        return value[7:15]
    return value


def program_in(name: str, value: str | None) -> str | None:
    """Return the program that travels in a field, if it is one."""
    return decode_cell(value) if value and name.rpartition(".")[2] == "cmd" else None


def _flat(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if key not in _NOT_THE_AUTHORS:
                yield from _flat(f"{prefix}.{key}" if prefix else str(key), entry)
    elif isinstance(value, list):
        if value:
            yield prefix, ", ".join(map(str, value))
    elif value is not None:
        yield prefix, str(value)
