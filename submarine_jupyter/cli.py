"""The `submarine-jupyter` command."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import SubmarineError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code (0 done, 1 it failed, 2 the call was wrong)."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SubmarineError as error:
        sys.stderr.write(f"submarine-jupyter: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="submarine-jupyter", description="The experiment server of submarine-jupyter."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run an experiment server in the foreground")
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=_port, default=32080, help="0 takes a free one (%(default)s)")
    serve.add_argument(
        "--no-auth", action="store_true", help="ask for no token; only on this machine"
    )
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="further name it answers to",
    )
    serve.add_argument(
        "--drain",
        type=float,
        default=30,
        metavar="SECONDS",
        help="time for other workers once the deciding ones have succeeded (%(default)s)",
    )
    serve.add_argument(
        "--grace",
        type=float,
        default=10,
        metavar="SECONDS",
        help="time for a replica from SIGTERM to SIGKILL (%(default)s)",
    )
    serve.add_argument("--idle-timeout", type=float, help=argparse.SUPPRESS)
    serve.add_argument("--lock-patience", type=float, default=0, help=argparse.SUPPRESS)

    stop = commands.add_parser("stop", help="stop the server of a data directory; runs go on")
    stop.set_defaults(run=_stop)

    status = commands.add_parser("status", help="say whether a server runs on a data directory")
    status.set_defaults(run=_status)
    for command in (serve, stop, status):
        command.add_argument("--data-dir", type=Path, help="where everything is kept")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 0 to 65535")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from .datadir import data_dir
    from .server.serve import serve
    from .server.settings import Settings
    from .server.submitters.local.plan import Rules

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    serve(
        Settings(
            data_dir=options.data_dir or data_dir(),
            host=options.host,
            port=options.port,
            auth=not options.no_auth,
            allowed_hosts=tuple(options.allow_host),
            idle_timeout=options.idle_timeout,
            lock_patience=options.lock_patience,
            rules=Rules(drain=options.drain, grace=options.grace),
        )
    )
    return 0


def _stop(options: argparse.Namespace) -> int:
    from .launch import stop

    print("stopped" if stop(options.data_dir) else "no server was running")
    return 0


def _status(options: argparse.Namespace) -> int:
    from .launch import find

    server = find(options.data_dir)
    print(f"running at {server.url} (pid {server.pid})" if server else "no server is running")
    return 0 if server else 1


if __name__ == "__main__":
    sys.exit(main())
