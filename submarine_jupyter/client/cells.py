"""An experiment as the `%%submarine` cell that would submit it.

`labextension/src/form/cell.ts` writes the same cells; `cells.fixture.json` beside it holds both to
it.
"""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from ..spec.flags import RESOURCES
from ..spec.places import escaped
from ..spec.program import decode_cell
from ..spec.secrets import is_secret
from .place import PYTHON, WORKDIR
from .provenance import NAMES

_MAGIC = "%%submarine experiment"

_OURS = frozenset({PYTHON, WORKDIR, *NAMES})
"""Variables that submitting adds by itself."""

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)

# A character for private use, which no cell may hold: it stands before the variable that a secret
# is taken from until all other braces are safe.
_MARK = "\U00100000"
_MARKED = re.compile(rf"{_MARK}(\w+)")


def source_of(spec: Mapping[str, Any]) -> str | None:
    """Return the program that an experiment's spec carries; None if it carries none."""
    return decode_cell(spec["meta"].get("cmd") or "")


def cell_of(spec: Mapping[str, Any], hidden: Collection[str] = ()) -> str:
    """Return a cell that submits a spec: code with flags, or YAML.

    Values of secrets are not written: `{{NAME}}` stands in their place, and takes them from a
    variable of the notebook.

    Parameters
    ----------
    hidden
        Variables that are secrets whatever their names.
    """
    written = _written(spec, hidden)
    source = source_of(spec)
    if source is None or not _fits_into_flags(written):
        return _with_places(f"{_MAGIC} --as spec\n{plain_yaml(written)}")
    head = _with_places(" ".join([_MAGIC, *_flags(written)]))
    # IPython ends a cell with a line feed that its author has not written.
    return f"{head}\n{source.removesuffix(chr(10))}"


def as_yaml(spec: Mapping[str, Any]) -> str:
    """Return a spec as YAML: what somebody wrote, without nulls and what submitting added."""
    return _MARKED.sub("***", escaped(plain_yaml(_written(spec))))


def plain_yaml(value: Mapping[str, Any]) -> str:
    """Return a mapping as YAML, without nulls."""
    return yaml.dump(
        _without_nulls(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def secrets_of(spec: Mapping[str, Any]) -> list[str]:
    """Return the variables of the notebook that a cell takes secrets from."""
    holders = _holders_of_secrets(_written(spec))
    values = (str(value) for holder in holders for value in holder.values())
    return sorted({found[1] for value in values if (found := _MARKED.fullmatch(value))})


def _flags(spec: Mapping[str, Any]) -> Iterator[str]:
    meta, tasks, environment = spec["meta"], spec["spec"], spec["environment"]
    yield f"--name {_quoted(meta['name'])}"
    yield f"--framework {_quoted(meta['framework'])}"
    counts = ",".join(f"{role}={task.get('replicas', 1)}" for role, task in tasks.items())
    yield f"--replicas {_quoted(counts)}"
    for role, task in tasks.items():
        amounts = task.get("resources") or RESOURCES
        yield f"--resources {_quoted(f'{role}:{amounts}')}"
    for name, value in (meta.get("envVars") or {}).items():
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
    variables = (spec["meta"].get("envVars") or {}).values()
    return (
        not spec["meta"].get("namespace")
        and not any(
            task.get(name) for task in tasks for name in ("cmd", "image", "name", "envVars")
        )
        and not any(spec.get(name) for name in ("code", "experimentHandlerSpec"))
        and not any(
            spec["environment"][name] for name in {*spec["environment"]} - {"image", "name"}
        )
        # The command line of a cell is one line.
        and not any("\n" in str(value) for value in variables)
        and not any("," in tag for tag in spec["meta"].get("tags") or ())
    )


def _written(spec: Mapping[str, Any], hidden: Collection[str] = ()) -> dict[str, Any]:
    """Return what an author would write of a spec, with marks in place of secrets."""
    written: dict[str, Any] = copy.deepcopy(_without_nulls(spec))
    written["meta"].pop("experimentId", None)
    if written["meta"].get("namespace") == "default":
        del written["meta"]["namespace"]
    for owner in (written["meta"], *written["spec"].values()):
        owner.pop("resourceMap", None)
        variables = owner.get("envVars", {})
        owner["envVars"] = {name: text for name, text in variables.items() if name not in _OURS}
        if not owner["envVars"]:
            del owner["envVars"]
    if not written["meta"].get("tags"):
        written["meta"].pop("tags", None)
    for holder in _holders_of_secrets(written):
        for name, value in holder.items():
            if value and (name in hidden or is_secret(name)):
                holder[name] = _MARK + re.sub(r"\W", "_", name)
    written.setdefault("environment", {})
    return written


def _holders_of_secrets(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the mappings of a spec in which names tell which values are secrets."""
    holders = [owner.get("envVars") for owner in (spec["meta"], *spec["spec"].values())]
    holders += [(spec.get("code") or {}).get("git"), spec.get("experimentHandlerSpec")]
    return [holder for holder in holders if holder]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(entry) for key, entry in value.items() if entry is not None}
    return value


def _with_places(text: str) -> str:
    """Return a text that takes secrets from variables, and whose other braces stay."""
    return _MARKED.sub(r"{{\1}}", escaped(text))


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else shlex.quote(text)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and secrets as texts."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data else "'" if data.startswith(_MARK) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)
