"""`env`, `template`: environments and experiments that are predefined on the server."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...client.table import Table
from ...errors import NotFound, UsageError
from ...spec.flags import add_keep_flag
from ...spec.grammar import CommandParser, nearest
from ..context import Context
from ..show import show
from .base import Command

if TYPE_CHECKING:
    from ...client import ExperimentClient


@dataclass(frozen=True)
class Kind:
    """What is predefined.

    Attributes
    ----------
    command, plural
        Its command, and what several are called.
    path
        Of the API.
    spec
        The field of an answer that holds what was registered.
    columns
        Heading → field of that, as a list shows it.
    actions
        What the command can do, beside listing.
    """

    command: str
    plural: str
    path: str
    spec: str
    columns: dict[str, str]
    actions: Sequence[str]


_ENVIRONMENTS = Kind(
    "env",
    "environments",
    "/api/v1/environment",
    "environmentSpec",
    {"Name": "name", "Image": "dockerImage", "Description": "description"},
    ("list", "get", "create", "delete"),
)
_TEMPLATES = Kind(
    "template",
    "templates",
    "/api/v1/template",
    "experimentTemplateSpec",
    {"Name": "name", "Author": "author", "Description": "description"},
    ("list", "get", "create", "delete", "submit"),
)


ACTIONS = _TEMPLATES.actions


class _Catalogue:
    """One kind of thing on a server."""

    def __init__(self, context: Context, kind: Kind) -> None:
        self._context = context
        self._kind = kind

    def run(self, arguments: argparse.Namespace) -> None:
        """Do what is asked for."""
        action = arguments.action or ("list" if arguments.cell is None else "create")
        if action not in self._kind.actions:
            hint = nearest(action, self._kind.actions)
            raise UsageError(f"%submarine {self._kind.command}: there is no {action}; {hint}")
        if arguments.cell is not None and action != "create":
            raise UsageError(f"`{self._kind.command} {action}` takes no cell; leave out a percent")
        getattr(self, f"_{action}")(arguments)

    def _list(self, _arguments: argparse.Namespace) -> None:
        specs = [entry[self._kind.spec] for entry in self._ask("GET")]
        fields = self._kind.columns.values()
        rows = [tuple(str(spec.get(field) or "") for field in fields) for spec in specs]
        empty = f"No {self._kind.plural} yet."
        self._context.show(Table(tuple(self._kind.columns), rows, empty=empty))

    def _get(self, arguments: argparse.Namespace) -> None:
        from ...client.cells import plain_yaml

        self._context.say(plain_yaml(self._ask("GET", self._name(arguments))[self._kind.spec]))

    def _create(self, arguments: argparse.Namespace) -> None:
        from ...spec.loading import load_mapping

        if arguments.cell is None and arguments.name is None:
            raise UsageError(
                f"Write `%%submarine {self._kind.command} create` above a cell of YAML or JSON, or "
                "name a file that holds it"
            )
        text = arguments.cell if arguments.cell is not None else _read(arguments.name)
        lines = "" if arguments.cell is None else "\n"
        created = self._ask("POST", body=load_mapping(lines + text))
        self._context.say(f"{created[self._kind.spec]['name']} is registered")

    def _delete(self, arguments: argparse.Namespace) -> None:
        name = self._name(arguments)
        self._ask("DELETE", name)
        self._context.say(f"{name} is deleted")

    def _submit(self, arguments: argparse.Namespace) -> None:
        """Submit a template's experiment, with values for its parameters."""
        from ...client.transport import Call

        name = self._name(arguments)
        pairs = [item.partition("=") for item in arguments.values]
        if wrong := [name for name, equals, _ in pairs if not name or not equals]:
            raise UsageError(f"%submarine template: {wrong[0]!r} is not of the form name=value")
        body = {"name": name, "params": {key: value for key, _, value in pairs}}
        client = self._context.client
        call = Call(method="POST", path=f"/api/v1/experiment/{quote(name, safe='')}", body=body)
        created = client.transport.call(call).result
        experiment = client.experiment(created["experimentId"])
        self._context.last = experiment
        self._context.keep(arguments.out, experiment)
        show(experiment)

    def _name(self, arguments: argparse.Namespace) -> str:
        if not arguments.name:
            raise UsageError(f"Say which; `%submarine {self._kind.command}` lists them")
        return str(arguments.name)

    def _ask(self, method: str, name: str = "", body: object = None) -> Any:
        from ...client.transport import Call

        path = f"{self._kind.path}/{quote(name, safe='')}" if name else self._kind.path
        start: Any = "yes" if method == "POST" else "if-known"
        try:
            call = Call(method=method, path=path, body=body, start=start)
            return self._context.client.transport.call(call).result
        except NotFound:
            if name:
                raise
            raise UsageError(f"This server keeps no {self._kind.plural}") from None


def names(client: ExperimentClient, command: str) -> list[str]:
    """Return what a server has registered, for completion."""
    kind = _ENVIRONMENTS if command == _ENVIRONMENTS.command else _TEMPLATES
    return [entry[kind.spec]["name"] for entry in client.transport.get(kind.path)]


def _read(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _run_env(context: Context, arguments: argparse.Namespace) -> None:
    _Catalogue(context, _ENVIRONMENTS).run(arguments)


def _run_template(context: Context, arguments: argparse.Namespace) -> None:
    _Catalogue(context, _TEMPLATES).run(arguments)


def _env_arguments(parser: CommandParser) -> None:
    parser.add_argument("action", nargs="?", metavar="|".join(_ENVIRONMENTS.actions))
    parser.add_argument("name", nargs="?", help="which; after create: a file of YAML or JSON")


def _template_arguments(parser: CommandParser) -> None:
    parser.add_argument("action", nargs="?", metavar="|".join(_TEMPLATES.actions))
    parser.add_argument("name", nargs="?", help="which; after create: a file of YAML or JSON")
    parser.add_argument("values", nargs="*", metavar="name=value", help="parameters to submit with")
    add_keep_flag(parser, "with submit: the handle")


ENV = Command(
    "env",
    "list the server's predefined environments, show, register or delete one",
    _run_env,
    _env_arguments,
    details="`%%submarine env create` registers the YAML or JSON of the cell below:\n"
    "name, dockerImage, kernelSpec, description. --environment NAME uses it.",
    takes_cell=True,
)
TEMPLATE = Command(
    "template",
    "list the server's experiment templates, show, register, submit or delete one",
    _run_template,
    _template_arguments,
    details="`%%submarine template create` registers the YAML or JSON of the cell below: name,\n"
    "author, description, parameters, experimentSpec. Its {{placeholders}} are the template's\n"
    "own, so the notebook's variables are not filled in.\n"
    "`%submarine template submit NAME name=value …` runs it.",
    takes_cell=True,
)
