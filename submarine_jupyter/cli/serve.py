"""`serve`: run an experiment server."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..spec.resources import parse_quantity
from .command import Command, natural, seconds
from .engines import engine_options, engine_settings

if TYPE_CHECKING:
    from ..server.tls import Certificate


def _serve(options: argparse.Namespace) -> int:
    from ..datadir import data_dir
    from ..machine import split_gpus
    from ..server.postgres import database_url
    from ..server.serve import serve
    from ..server.settings import Settings
    from ..server.submitters.local.capacity import Capacity
    from ..server.submitters.local.preparation import PreparingRules
    from ..server.submitters.run.rules import Rules
    from ..server.tracking import Tracking

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    machine = Capacity()
    serve(
        Settings(
            data_dir=options.data_dir or data_dir(),
            host=options.host,
            port=options.port,
            auth=not options.no_auth,
            tokens=options.tokens,
            certificate=_certificate(options),
            allowed_hosts=tuple(options.allow_host),
            idle_timeout=options.idle_timeout,
            lock_patience=options.lock_patience,
            database_url=database_url(options.database_url, options.database_url_file),
            rules=Rules(
                drain=options.drain,
                grace=options.grace,
                backoff_limit=options.backoff_limit,
                log_cap=options.log_cap,
                cgroups=not options.no_cgroups,
            ),
            preparing=PreparingRules(
                schemes=("https", "ssh", *options.allow_code),
                code_timeout=options.code_timeout,
                environment_timeout=options.environment_timeout,
            ),
            tracking=Tracking(options.tensorboard_url, options.mlflow_url),
            capacity=Capacity(
                cpu=machine.cpu if options.cpu is None else options.cpu,
                memory=machine.memory if options.memory is None else options.memory,
                gpus=machine.gpus if options.gpus is None else split_gpus(options.gpus),
            ),
            **engine_settings(options),
        )
    )
    return 0


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=_port, default=32080, help="0 takes a free one (%(default)s)")
    engine_options(parser)
    add("--no-auth", action="store_true", help="ask for no token; only on this machine")
    add(
        "--tokens",
        type=Path,
        metavar="FILE",
        help="let in a team: a line `NAME ROLE TOKEN` for each, the role reader or writer; only "
        "you may be able to read the file, and changes of it count at once",
    )
    add("--tls-cert", type=Path, metavar="FILE", help="answer over TLS with this PEM certificate")
    add(
        "--tls-key",
        type=Path,
        metavar="FILE",
        help="key of the certificate, without a password (that in the same file)",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="further name it answers to",
    )
    add(
        "--drain",
        type=float,
        default=30,
        metavar="SECONDS",
        help="time for other workers once the deciding ones have succeeded (%(default)s)",
    )
    add(
        "--grace",
        type=float,
        default=10,
        metavar="SECONDS",
        help="time for a replica from SIGTERM to SIGKILL (%(default)s)",
    )
    add(
        "--backoff-limit",
        type=natural,
        default=0,
        metavar="N",
        help="how often failed replicas of an experiment are started again, in all (%(default)s)",
    )
    add(
        "--log-cap",
        type=_amount,
        default=1024**3,
        metavar="BYTES",
        help="what is kept of a pod's log, its newest, such as 256M (1Gi)",
    )
    add(
        "--cpu",
        type=float,
        metavar="N",
        help="cpu that is shared out in all (4 times the cores of this machine)",
    )
    add(
        "--memory",
        type=_amount,
        metavar="BYTES",
        help="memory that is given out in all, such as 8G (that of this machine)",
    )
    add(
        "--gpus",
        metavar="I,J",
        help="GPUs that are given out, as CUDA_VISIBLE_DEVICES names them (all of this machine)",
    )
    add(
        "--no-cgroups",
        action="store_true",
        help="watch memory limits without control groups, also where they could be made",
    )
    add(
        "--allow-code",
        action="append",
        default=[],
        choices=("http", "file"),
        help="fetch code from such URLs too, besides https and ssh",
    )
    add(
        "--code-timeout",
        type=seconds,
        default=600.0,
        metavar="SECONDS",
        help="time to fetch the code of a run (%(default)s)",
    )
    add(
        "--environment-timeout",
        type=seconds,
        default=1800.0,
        metavar="SECONDS",
        help="time to make the environment of a run (%(default)s)",
    )
    add("--tensorboard-url", metavar="URL", help="of a TensorBoard, for clients to open")
    add("--mlflow-url", metavar="URL", help="of an MLflow server, for clients and runs")
    add(
        "--database-url",
        metavar="URL",
        help="remember experiments in PostgreSQL, such as postgresql://user@host/name; a URL with "
        "a password belongs in a file or in SUBMARINE_DATABASE_URL",
    )
    add(
        "--database-url-file",
        type=Path,
        metavar="FILE",
        help="file that holds that URL, and which only you may be able to read",
    )
    add("--idle-timeout", type=float, help=argparse.SUPPRESS)
    add("--lock-patience", type=float, default=0, help=argparse.SUPPRESS)
    add("--data-dir", type=Path, help="where everything is kept")


def _certificate(options: argparse.Namespace) -> Certificate | None:
    from ..server.tls import Certificate

    if options.tls_cert is None:
        if options.tls_key is not None:
            raise UsageError("--tls-key: belongs to no certificate; give it with --tls-cert")
        return None
    return Certificate(options.tls_cert, options.tls_key)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 0 to 65535")
    return int(text)


def _amount(text: str) -> int:
    try:
        amount = int(parse_quantity(text))
    except ValueError:
        amount = 0
    if amount <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of bytes; write 512M or 2Gi")
    return amount


COMMAND = Command("serve", "run an experiment server in the foreground", _serve, _arguments)
