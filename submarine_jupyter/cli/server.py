"""`status` and `stop`: the server of a data directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import UsageError
from .command import Command
from .exits import Exit


def _status(options: argparse.Namespace) -> int:
    from ..launch import find

    server = find(options.data_dir)
    if options.json:
        import json

        facts: dict[str, object] = {"running": server is not None}
        if server:
            facts |= {"url": server.url, "pid": server.pid}
            facts |= {"version": server.version, "server": server.server_id}
        print(json.dumps(facts, indent=2))
    elif server:
        print(f"running at {server.url} (pid {server.pid})")
    else:
        print("no server is running")
    return Exit.DONE if server else Exit.FAILED


def _stop(options: argparse.Namespace) -> int:
    from ..launch import stop

    if options.ids:
        ids = " ".join(options.ids)
        raise UsageError(
            f"`stop` stops the server, and runs go on; `submarine-jupyter cancel {ids}` ends a run"
        )
    print("stopped" if stop(options.data_dir) else "no server was running")
    return Exit.DONE


def _of_a_directory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, help="where everything is kept")


def _status_arguments(parser: argparse.ArgumentParser) -> None:
    _of_a_directory(parser)
    parser.add_argument("--json", action="store_true", help="say it in JSON")


def _stop_arguments(parser: argparse.ArgumentParser) -> None:
    _of_a_directory(parser)
    # Taken only to say which command was meant.
    parser.add_argument("ids", nargs="*", help=argparse.SUPPRESS)


STATUS = Command(
    "status", "say whether a server runs on a data directory; 1 if none", _status, _status_arguments
)
STOP = Command("stop", "stop the server of a data directory; runs go on", _stop, _stop_arguments)
