"""`config`, `connect`, `info`, `help`: this notebook's defaults, its server, and these commands."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ...client.table import Table
from ...errors import UsageError
from ...spec.grammar import CommandParser, nearest
from ...spec.secrets import mask
from ..context import Context
from ..settings import SETTINGS, setting
from .base import Command


def _config(context: Context, arguments: argparse.Namespace) -> None:
    names = []
    for item in arguments.settings:
        name, equals, text = item.partition("=")
        names.append(setting(name))
        if equals:
            context.settings.put(name, text)
    origins = [(name, context.settings.origin(name)) for name in names or SETTINGS]
    rows = [(name, _value(origin.value), origin.source) for name, origin in origins]
    context.show(Table(("Setting", "Value", "From"), rows, empty=""))


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={content}" for name, content in mask(value).items())
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _config_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "settings", nargs="*", metavar="name=value", help="set it; `name=` takes it back"
    )


def _connect(context: Context, arguments: argparse.Namespace) -> None:
    from ...client import ExperimentClient
    from ...client.servers import locate

    if arguments.url is None and arguments.token_file is not None:
        raise UsageError("--token-file: belongs to no server; give its URL too")
    if arguments.url is None:
        context.connect(None)
    else:
        client = ExperimentClient(locator=locate(arguments.url, arguments.token_file))
        client.info()  # names what is wrong now, and not at the next submit
        context.connect(client)
    _show_server(context)


def _connect_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "url", nargs="?", help="such as http://127.0.0.1:32080; none: the environment's"
    )
    parser.add_argument("--token-file", metavar="FILE", help="the file that holds its token")


def _info(context: Context, _arguments: argparse.Namespace) -> None:
    _show_server(context)


def _show_server(context: Context) -> None:
    url = context.client.transport.endpoint().url
    info = context.client.info()
    shown = {"url": url, **{key: value for key, value in info.items() if key != "host"}}
    width = max(map(len, shown))
    context.say("\n".join(f"{key:<{width}}  {_text(value)}" for key, value in shown.items()))


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {entry}" for key, entry in value.items())
    return str(value)


def overview(commands: Mapping[str, Command]) -> str:
    """Return what help says of all commands."""
    lines = [f"  {name:<11} {command.summary}" for name, command in commands.items()]
    return "\n".join(
        [
            "%submarine COMMAND …                 act on experiments",
            "%%submarine experiment [FLAG …]      run the cell below, Python or a spec, as one",
            "",
            *lines,
            "",
            "`%submarine COMMAND --help` explains one of them, with its flags.",
        ]
    )


def help_command(commands: Mapping[str, Command]) -> Command:
    """Return the command that explains `commands`."""

    def run(context: Context, arguments: argparse.Namespace) -> None:
        if arguments.command is None:
            context.say(overview(commands))
            return
        if arguments.command not in commands:
            hint = nearest(arguments.command, commands)
            raise UsageError(f"There is no `%submarine {arguments.command}`; {hint}")
        context.say(commands[arguments.command].parser().help_text())

    def add(parser: CommandParser) -> None:
        parser.add_argument("command", nargs="?")

    return Command("help", "explain the commands, or one of them", run, add)


CONFIG = Command(
    "config",
    "show or set what this notebook's experiments get by default, and where it comes from",
    _config,
    _config_arguments,
    details="The first that says something counts: a flag, or the spec itself; this command or\n"
    "`%config SubmarineMagics.name = value`; IPython's configuration; the table\n"
    "[tool.submarine] of the nearest pyproject.toml that has one; the built-in default.",
)
CONNECT = Command(
    "connect",
    "use another server in this notebook",
    _connect,
    _connect_arguments,
    details="Tokens stand in files or in SUBMARINE_TOKEN, never in a cell.",
)
INFO = Command("info", "say which server is used and what it can do", _info)
