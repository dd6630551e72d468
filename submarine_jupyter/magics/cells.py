"""An experiment as the cell that would submit it again."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ..client.place import PYTHON, WORKDIR
from ..client.provenance import NAMES
from ..spec.flags import RESOURCES
from ..spec.program import decode_cell
from ..spec.secrets import is_secret
from .interpolation import escaped

_OURS = frozenset({PYTHON, WORKDIR, *NAMES})
"""Variables that submitting adds by itself."""

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


def source_of(spec: Mapping[str, Any]) -> str | None:
    """Return the program that an experiment's spec carries; None if it carries none."""
    return decode_cell(spec["meta"].get("cmd") or "")


def cell_of(spec: Mapping[str, Any]) -> str:
    """Return a cell that submits a spec: code with flags, or YAML.

    Values of secrets are not written: `{{NAME}}` stands in their place, and takes them from a
    variable of the notebook.
    """
    source = source_of(spec)
    if source is None or not _fits_into_flags(spec):
        return f"%%submarine experiment\n{as_yaml(spec, secrets='{{%s}}')}"
    # IPython ends a cell with a line feed that its author has not written.
    return " ".join(["%%submarine experiment", *_flags(spec)]) + "\n" + source.removesuffix("\n")


def as_yaml(spec: Mapping[str, Any], secrets: str = "***") -> str:
    """Return a spec as YAML: what somebody wrote, without nulls and what submitting added.

    Parameters
    ----------
    secrets
        What stands for the value of a secret; `%s` is its name.
    """
    return plain_yaml(_written(spec, secrets))


def plain_yaml(value: Mapping[str, Any]) -> str:
    """Return a mapping as YAML, without nulls."""
    return yaml.dump(
        _without_nulls(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def secrets_of(spec: Mapping[str, Any]) -> list[str]:
    """Return the names of the secrets that a cell takes from variables of the notebook."""
    owners = [spec["meta"], *spec["spec"].values()]
    return sorted(
        {name for owner in owners for name in owner.get("envVars") or {} if is_secret(name)}
    )


def _flags(spec: Mapping[str, Any]) -> Iterator[str]:
    meta, tasks, environment = spec["meta"], spec["spec"], spec.get("environment") or {}
    yield f"--name {_quoted(meta['name'])}"
    yield f"--framework {_quoted(meta['framework'])}"
    counts = ",".join(f"{role}={task.get('replicas') or 1}" for role, task in tasks.items())
    yield f"--replicas {_quoted(counts)}"
    amounts = {role: task.get("resources") or RESOURCES for role, task in tasks.items()}
    if len(set(amounts.values())) == 1:
        yield f"--resources {_quoted(next(iter(amounts.values())))}"
    else:
        for role, text in amounts.items():
            yield f"--resources {_quoted(f'{role}:{text}')}"
    for name, value in _variables(meta, "{{%s}}").items():
        yield f"-e {_quoted(f'{name}={value or str()}')}"
    if meta.get("tags"):
        yield f"--tags {_quoted(','.join(meta['tags']))}"
    if environment.get("image"):
        yield f"--image {_quoted(environment['image'])}"
    if environment.get("name"):
        yield f"--environment {_quoted(environment['name'])}"


def _fits_into_flags(spec: Mapping[str, Any]) -> bool:
    """Whether flags can say everything that is special about a spec."""
    tasks = spec["spec"].values()
    owners = [spec["meta"], *tasks]
    texts = [str(value) for owner in owners for value in (owner.get("envVars") or {}).values()]
    return (
        not any(task.get(name) for task in tasks for name in ("cmd", "image", "name"))
        and not any(set(task.get("envVars") or {}) - _OURS for task in tasks)
        and not any(spec.get(name) for name in ("code", "experimentHandlerSpec"))
        # The command line of a cell is one line.
        and not any("\n" in text for text in texts)
        and not any("," in tag for tag in spec["meta"].get("tags") or ())
    )


def _variables(owner: Mapping[str, Any], secrets: str) -> dict[str, str | None]:
    given = owner.get("envVars") or {}
    return {
        name: secrets.replace("%s", name) if is_secret(name) else _escaped(value)
        for name, value in given.items()
        if name not in _OURS
    }


def _written(spec: Mapping[str, Any], secrets: str) -> dict[str, Any]:
    written: dict[str, Any] = copy.deepcopy(_without_nulls(spec))
    for key in ("namespace", "experimentId"):
        written["meta"].pop(key, None)
    for owner in (written["meta"], *written["spec"].values()):
        owner.pop("resourceMap", None)
        variables = _variables(owner, secrets)
        if variables:
            owner["envVars"] = variables
        else:
            owner.pop("envVars", None)
        if "cmd" in owner:
            owner["cmd"] = _escaped(owner["cmd"])
    if not written["meta"].get("tags"):
        written["meta"].pop("tags", None)
    if password := (written.get("code") or {}).get("git", {}).get("password"):
        written["code"]["git"]["password"] = secrets.replace("%s", "password") if password else ""
    written.setdefault("environment", {})
    return written


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(entry) for key, entry in value.items() if entry is not None}
    return value


def _escaped(value: Any) -> Any:
    """Keep double braces of a text from being filled in."""
    return escaped(value) if isinstance(value, str) else value


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else shlex.quote(text)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)
