"""A Sphinx extension that makes the reference pages from the code, each time the site is built.

A page asks for what is made by a line of its own, `<!-- made: NAME -->`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from pydantic import BaseModel
from traitlets import TraitType
from traitlets.config import Configurable

from submarine_jupyter import launch
from submarine_jupyter.cli.parser import build_parser
from submarine_jupyter.extension.app import SubmarineExtension
from submarine_jupyter.magics.commands import COMMANDS, overview
from submarine_jupyter.magics.settings import SETTINGS, Settings
from submarine_jupyter.spec.models import (
    CodeSpec,
    EnvironmentSpec,
    ExperimentMeta,
    ExperimentSpec,
    ExperimentTaskSpec,
    GitCodeSpec,
    KernelSpec,
)
from submarine_jupyter.spec.schema import ROLES, experiment_schema

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LAB_SETTINGS = Path(__file__).parents[1] / "labextension" / "schema" / "settings.json"
_PART = re.compile(r"#/\$defs/(\w+)")
_MARK = re.compile(r"^<!-- made: ([a-z-]+) -->$", re.MULTILINE)
_HELP_COLUMNS = "72"

_SPEC_CLASSES: tuple[type[BaseModel], ...] = (
    ExperimentSpec,
    ExperimentMeta,
    EnvironmentSpec,
    KernelSpec,
    ExperimentTaskSpec,
    CodeSpec,
    GitCodeSpec,
)

Schema = Mapping[str, Any]


def setup(app: Sphinx) -> dict[str, Any]:
    """Have Sphinx fill in the pages as it reads them."""
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill_in(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = filled(source[0])


def filled(text: str) -> str:
    """Return a page with what it asks for made; KeyError if nobody makes it."""
    return _MARK.sub(lambda mark: MAKERS[mark[1]](), text)


def magics() -> str:
    """Return the help of `%submarine`, and of each of its commands."""
    with _help_width():
        helps = {name: command.parser().help_text() for name, command in COMMANDS.items()}
    sections = (_section(f"`%submarine {name}`", _text(text)) for name, text in helps.items())
    return _text(overview(COMMANDS)) + "\n" + "".join(sections)


def command_line() -> str:
    """Return the help of `submarine-jupyter`, and of each of its commands."""
    with _help_width():
        parser = build_parser()
        return _text(parser.format_help()) + "\n" + "".join(_commands(parser))


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for name, command in _sub_parsers(parser).items():
        yield _section(f"`submarine-jupyter {name}`", _text(command.format_help()))
        for inner, own in _sub_parsers(command).items():
            yield _section(f"`submarine-jupyter {name} {inner}`", _text(own.format_help()))


def _sub_parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a public name
            return dict(action.choices)
    return {}


@contextmanager
def _help_width() -> Iterator[None]:
    """Let argparse write for a page and not for this terminal."""
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ.update(COLUMNS=_HELP_COLUMNS, NO_COLOR="1")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def rest() -> str:
    """Return every route of the server, by its own OpenAPI document."""
    document = _openapi()
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            groups.setdefault(route["tags"][0], []).append(_route(method, path, route))
    return "".join(
        f"\n## {group.capitalize()}\n" + "".join(routes) for group, routes in groups.items()
    )


def _openapi() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        server = launch.ensure(directory)
        try:
            answer = requests.get(
                f"{server.url}/v1/openapi.json",
                headers={"Authorization": f"Bearer {server.token}"},
                timeout=30,
            )
            answer.raise_for_status()
            document: dict[str, Any] = answer.json()
            return document
        finally:
            launch.stop(directory)


def _route(method: str, path: str, route: Schema) -> str:
    parts = [str(route.get("description") or route["summary"]).strip()]
    rows = [
        (f"`{one['name']}`", one["in"], _kind(one["schema"]), _default(one["schema"]))
        for one in route.get("parameters", ())
    ]
    if rows:
        parts.append(_table(("Parameter", "In", "Type", "Default"), rows))
    body = route.get("requestBody", {}).get("content", {})
    if body:
        (shape, *_) = (_kind(content["schema"]) for content in body.values())
        parts.append(f"Body: {shape}, as {_listed(f'`{kind}`' for kind in body)}.")
    return _section(f"`{method.upper()} {path}`", "\n\n".join(parts), level=3)


def configuration() -> str:
    """Return the settings of the Jupyter Server extension."""
    return _traits(SubmarineExtension, "c.SubmarineExtension")


def notebook_settings() -> str:
    """Return the defaults of a notebook."""
    rows = [
        (f"`{name}`", _code(SETTINGS[name].builtin), _one_line(trait.help))
        for name, trait in Settings.class_own_traits(config=True).items()
    ]
    return _table(("Setting", "Built in", "What"), rows)


def _traits(owner: type[Configurable], prefix: str) -> str:
    traits: dict[str, TraitType[Any, Any]] = owner.class_own_traits(config=True)
    return "".join(
        _section(f"`{prefix}.{name}`", _trait(trait), level=3) for name, trait in traits.items()
    )


def _trait(trait: TraitType[Any, Any]) -> str:
    return f"{type(trait).__name__}, by default `{trait.default()!r}`\n\n{_one_line(trait.help)}"


def lab_settings() -> str:
    """Return the settings of the JupyterLab extension."""
    schema = json.loads(_LAB_SETTINGS.read_text(encoding="utf-8"))
    rows = [
        (f"`{name}`", one["title"], _code(one["default"]), one["description"])
        for name, one in schema["properties"].items()
    ]
    keys = [
        (f"`{shortcut['command']}`", f"`{' '.join(shortcut['keys'])}`")
        for shortcut in schema["jupyter.lab.shortcuts"]
    ]
    settings = _table(("Name", "In the editor", "Default", "What"), rows)
    return f"{settings}\n\n{_table(('Command', 'Keys'), keys)}"


def spec() -> str:
    """Return the fields of a spec, by its JSON Schema."""
    schema = experiment_schema()
    parts = {"": schema, **schema["$defs"]}
    tables = (_part(name, part, parts) for name, part in parts.items())
    roles = [(name, ", ".join(known)) for name, known in _roles(schema).items()]
    return "".join(tables) + _section("Roles", _table(("Framework", "Roles"), roles))


def spec_classes() -> str:
    """Return the classes that a spec may be made of, with their fields."""
    rows = [
        (
            f"`{model.__name__}`",
            str(model.__doc__).partition("\n\n")[0],
            ", ".join(f"`{name}`" for name in model.model_fields),
        )
        for model in _SPEC_CLASSES
    ]
    return _table(("Class", "What", "Fields"), rows)


def _roles(schema: Schema) -> dict[str, list[str]]:
    roles: dict[str, list[str]] = schema["properties"]["spec"][ROLES]
    return roles


def _part(name: str, part: Schema, parts: Schema) -> str:
    required = part.get("required", ())
    rows = [
        (
            f"`{field}`",
            _kind(one),
            "required" if field in required else _default(one),
            _one_line(one.get("description") or _summary_of(one, parts)),
        )
        for field, one in part["properties"].items()
    ]
    about = part["description"].partition("\n\n")[0]
    table = _table(("Field", "Type", "Default", "What"), rows)
    return _section(f"`{name}`" if name else "The whole", f"{about}\n\n{table}")


def _summary_of(field: Schema, parts: Schema) -> str:
    """Return what the part that a field holds says of itself."""
    found = _PART.search(json.dumps(field))
    return str(parts[found[1]]["description"]).partition("\n\n")[0] if found else ""


def _kind(schema: Schema) -> str:
    """Return the type that a JSON Schema describes, in words."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "anyOf" in schema:
        kinds = [_kind(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    inner = schema.get("additionalProperties")
    if schema.get("type") == "object" and isinstance(inner, Mapping):
        return f"mapping to {_kind(inner)}"
    return str(schema.get("type", "anything"))


def _default(schema: Schema) -> str:
    return _code(schema["default"]) if "default" in schema else ""


def _code(value: object) -> str:
    """Return a value as code; what says nothing stays empty."""
    if value is None or value == "":
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _listed(words: Iterable[str]) -> str:
    return " or ".join(words)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _section(title: str, content: str, level: int = 2) -> str:
    return f"\n{'#' * level} {title}\n\n{content}\n"


def _text(content: str) -> str:
    return f"```text\n{content.rstrip()}\n```\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    titles = list(heads)
    lines = [titles, ["---"] * len(titles), *map(list, rows)]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


MAKERS: dict[str, Callable[[], str]] = {
    "magics": magics,
    "command-line": command_line,
    "rest": rest,
    "configuration": configuration,
    "notebook-settings": notebook_settings,
    "lab-settings": lab_settings,
    "spec": spec,
    "spec-classes": spec_classes,
}
"""What each page can ask for."""
