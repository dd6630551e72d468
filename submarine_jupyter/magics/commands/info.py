"""`info`: which server is used."""

from __future__ import annotations

import argparse

from ..context import Context
from .base import Command


def _run(context: Context, arguments: argparse.Namespace, cell: str | None) -> None:  # noqa: ARG001
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


COMMAND = Command("info", "say which server is used and what it can do", _run)
