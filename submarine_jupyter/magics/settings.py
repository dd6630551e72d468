"""Defaults for submitting: what a notebook, IPython's configuration and a project file say.

The first that says something counts: a flag or the spec itself; `%submarine config name=value` or
`%config SubmarineMagics.name = value`; IPython's configuration when the extension was loaded; the
table `[tool.submarine]` of the nearest `pyproject.toml` that has one; the built-in default.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import traitlets
from traitlets.config import Configurable

from ..errors import ConfigurationError
from ..spec.flags import ON_INTERRUPT, RESOURCES
from ..spec.frameworks import FRAMEWORKS, framework
from ..spec.grammar import nearest
from ..spec.resources import parse_resources

if TYPE_CHECKING:
    from ..spec.submission import Defaults

_PROJECT = "pyproject.toml"
_SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Origin(NamedTuple):
    """A setting's value, and where it comes from."""

    value: Any
    source: str


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no text")
    return value.strip()


def _framework(value: object) -> str:
    known = framework(_text(value))
    if known is None:
        names = ", ".join(entry.name for entry in FRAMEWORKS.values())
        raise ValueError(f"{value!r} is no framework; use one of {names}")
    return known.name


def _resources(value: object) -> str:
    text = _text(value)
    parse_resources(text)
    return text


def _replicas(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{role}={count}" for role, count in value.items())
    if "=" not in _text(value):
        raise ValueError(f"{value!r} is not of the form Master=1,Worker=2")
    return _text(value)


def _switch(value: object) -> bool:
    found = value if isinstance(value, bool) else _SWITCH.get(str(value).strip().lower())
    if found is None:
        raise ValueError(f"{value!r} is neither true nor false")
    return found


def _words(value: object) -> list[str]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{value!r} is no list of texts, such as a,b")
    return [word.strip() for word in words if word.strip()]


def _variables(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(name): str(content) for name, content in value.items()}
    pairs = [item.partition("=") for item in _text(value).split(",")]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise ValueError(f"{value!r} is not of the form NAME=VALUE,NAME=VALUE")
    return {name.strip(): content for name, _, content in pairs}


def _on_interrupt(value: object) -> str:
    if value not in ON_INTERRUPT:
        raise ValueError(f"{value!r} is unknown; use one of {', '.join(ON_INTERRUPT)}")
    return str(value)


@dataclass(frozen=True)
class Setting:
    """One thing that can be set.

    Attributes
    ----------
    read
        Makes the value of a text or of what TOML gives; ValueError says what is wrong.
    builtin
        The value when nobody says anything.
    """

    read: Callable[[object], Any]
    builtin: object = None


SETTINGS: dict[str, Setting] = {
    "framework": Setting(_framework),
    "replicas": Setting(_replicas),
    "resources": Setting(_resources, RESOURCES),
    "image": Setting(_text),
    "environment": Setting(_text),
    "env": Setting(_variables, {}),
    "tags": Setting(_words, []),
    "wait": Setting(_switch, builtin=False),
    "on_interrupt": Setting(_on_interrupt, "detach"),
    "provenance": Setting(_switch, builtin=True),
}


def setting(name: str) -> str:
    """Return the name of a setting, in which `-` may stand for `_`; UsageError names a near one."""
    known = name.strip().replace("-", "_")
    if known not in SETTINGS:
        raise ConfigurationError(f"There is no setting {name}; {nearest(known, SETTINGS)}")
    return known


def _unset(kind: Callable[..., Any], text: str, **kwargs: Any) -> Any:
    """Return a trait that says nothing until it is set."""
    return kind(default_value=None, allow_none=True, help=text, **kwargs).tag(config=True)


class Settings(Configurable):
    """The traits, and what the other places say."""

    framework = _unset(traitlets.Unicode, "Framework; else by what the program imports.")
    replicas = _unset(traitlets.Unicode, "Replicas of programs, as Master=1,Worker=2.")
    resources = _unset(traitlets.Unicode, f"What each replica gets; else {RESOURCES}.")
    image = _unset(traitlets.Unicode, "Image of the containers.")
    environment = _unset(traitlets.Unicode, "A predefined environment of the server.")
    env = _unset(traitlets.Dict, "Environment variables.")
    tags = _unset(traitlets.List, "Tags.", trait=traitlets.Unicode())
    wait = _unset(traitlets.Bool, "Whether submitting waits for the end.")
    on_interrupt = _unset(traitlets.Unicode, "What an interrupt does while waiting: detach, stop.")
    provenance = _unset(
        traitlets.Bool, "Whether notebook, cell, packages and git commit are recorded; else true."
    )

    @traitlets.validate(*SETTINGS)
    def _check(self, proposal: Any) -> Any:
        if proposal.value is None:
            return None
        try:
            return SETTINGS[proposal.trait.name].read(proposal.value)
        except ValueError as error:
            raise traitlets.TraitError(f"{proposal.trait.name}: {error}") from None

    def origin(self, name: str) -> Origin:
        """Return the value of a setting that counts, and where it comes from."""
        value = getattr(self, name)
        if value is not None:
            is_configured = name in self._configured and self._configured[name] == value
            return Origin(value, "IPython's configuration" if is_configured else "this notebook")
        found = project_settings(Path.cwd())
        if name in found.values:
            return Origin(found.values[name], str(found.path))
        return Origin(SETTINGS[name].builtin, "built in")

    def value(self, name: str) -> Any:
        """Return the value of a setting that counts."""
        return self.origin(name).value

    def put(self, name: str, text: str) -> None:
        """Set a setting for this notebook; an empty text takes it back.

        Raises
        ------
        ConfigurationError
            There is no such setting, or it does not take the value.
        """
        known = setting(name)
        try:
            setattr(self, known, SETTINGS[known].read(text) if text else None)
        except ValueError as error:
            raise ConfigurationError(f"{known}: {error}") from None

    def defaults(self) -> Defaults:
        """Return what specs get where they say nothing."""
        from ..spec.submission import Defaults

        resources = self.origin("resources")
        return Defaults(
            framework=self.value("framework"),
            replicas=self.value("replicas"),
            resources=None if resources.source == "built in" else resources.value,
            image=self.value("image"),
            environment=self.value("environment"),
            tags=self.value("tags"),
            variables=self.value("env"),
        )

    def remember_configuration(self) -> None:
        """Note what IPython's configuration has said, to tell it from what the notebook says."""
        said = {name: getattr(self, name) for name in SETTINGS}
        self._configured = {name: value for name, value in said.items() if value is not None}


class Project(NamedTuple):
    """What a project file says; without one there is no path."""

    path: Path | None
    values: dict[str, Any]


def project_settings(directory: Path) -> Project:
    """Return the settings in the nearest `pyproject.toml` above that has `[tool.submarine]`.

    Raises
    ------
    ConfigurationError
        The file cannot be read, or a setting in it is unknown or wrong.
    """
    for parent in (directory, *directory.parents):
        path = parent / _PROJECT
        if path.is_file() and (table := _table(path)) is not None:
            return Project(path, dict(_read(path, name, table[name]) for name in table))
    return Project(None, {})


def _table(path: Path) -> dict[str, Any] | None:
    tomllib: Any = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None
    table = tools.get("submarine")
    return table if isinstance(table, dict) else None


def _read(path: Path, name: str, value: object) -> tuple[str, Any]:
    try:
        known = setting(name)
        return known, SETTINGS[known].read(value)
    except (ConfigurationError, ValueError) as error:
        raise ConfigurationError(f"{path}, [tool.submarine] {name}: {error}") from None
