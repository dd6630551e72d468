"""`env`: the environments that experiments may name, and what was made of them."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import SubmarineError
from .command import Command
from .connection import connect, connection_options
from .exits import Exit

_MADE = "/api/v1/virtual-environments"
_MIB = 1024 * 1024


def _list(options: argparse.Namespace) -> int:
    from . import terminal

    client = connect(options)
    found = client.transport.get(_MADE if options.made else "/api/v1/environment")
    if options.json:
        terminal.show_json(found)
    elif options.made:
        columns = [terminal.Column("Key", whole=True), terminal.Column("State", whole=True)]
        columns += [terminal.Column("Size", whole=True), terminal.Column("Packages", least=20)]
        terminal.show_table(columns, [_made_row(one) for one in found])
    else:
        columns = [terminal.Column("Name", least=10), terminal.Column("Image", least=10)]
        columns += [terminal.Column("Packages", least=20)]
        terminal.show_table(columns, [_row(one["environmentSpec"]) for one in found])
    return Exit.DONE


def _prune(options: argparse.Namespace) -> int:
    from ..client.transport import Call
    from .terminal import say

    client = connect(options)
    if not client.has_feature("virtual-environments"):
        raise SubmarineError("this server makes no environments, so there is nothing to prune")
    removed = client.transport.call(Call(method="DELETE", path=_MADE)).result
    for one in removed:
        say(f"removed {one['key']}: {', '.join(one['packages'])}")
    size = sum(one["size"] for one in removed)
    say(f"{len(removed)} environments removed, {size / _MIB:.1f} MiB")
    return Exit.DONE


def _row(spec: dict[str, Any]) -> tuple[str, ...]:
    kernel = spec.get("kernelSpec") or {}
    packages = [*(kernel.get("condaDependencies") or ()), *(kernel.get("pipDependencies") or ())]
    image = spec.get("image") or spec.get("dockerImage") or ""
    return spec["name"], image, ", ".join(packages)


def _made_row(made: dict[str, Any]) -> tuple[str, ...]:
    state = "used" if made["used"] else "unused" if made["ready"] else "half made"
    return made["key"], state, f"{made['size'] / _MIB:.1f} MiB", ", ".join(made["packages"])


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the environments that experiments may name")
    listing.add_argument("--made", action="store_true", help="what was made of them for runs")
    listing.add_argument("--json", action="store_true", help="print them as the API answers them")
    listing.set_defaults(run=_list)
    prune = actions.add_parser("prune", help="remove what was made and no run uses")
    prune.set_defaults(run=_prune)
    for action in (listing, prune):
        connection_options(action)


COMMAND = Command("env", "list environments, or remove those that no run uses", _list, _arguments)
