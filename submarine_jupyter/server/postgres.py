"""PostgreSQL as the store: its URL, how it is opened, and that only one server writes to it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ..errors import ConfigurationError
from .private import read_private

VARIABLE = "SUBMARINE_DATABASE_URL"
NAME = "postgresql"
"""What SQLAlchemy calls it."""

_DRIVER = "postgresql+psycopg"
_NAMES = {"postgres", NAME, _DRIVER}
_EXAMPLE = "postgresql://user@host:5432/name"
_CONNECT_TIMEOUT = 10

# Advisory locks of this package: the server's, and that of a transaction.
_LOCKS = 0x5B9A
_SERVER, _TRANSACTION = 1, 2
_POLL = 0.1


def database_url(option: str | None, file: Path | None) -> URL | None:
    """Return the URL of the database, where one is given; else None.

    Parameters
    ----------
    option, file
        As `--database-url` and `--database-url-file` have them; without both the environment's.

    Raises
    ------
    ConfigurationError
        It is none, or everybody on this machine could read the password in it.
    """
    if option is not None and file is not None:
        raise ConfigurationError("--database-url and --database-url-file: give one of them")
    if option is not None:
        url = _parsed(option, "--database-url")
        if url.password or "password" in url.query:
            raise ConfigurationError(
                "--database-url: others can read the password in the list of processes; give the "
                f"URL with it in a file (--database-url-file) or in {VARIABLE}, and change it"
            )
        return url
    if file is not None:
        return _parsed(read_private(file, "--database-url-file"), f"--database-url-file {file}")
    # No process that is started from here on has any business with it.
    given = os.environ.pop(VARIABLE, None)
    return _parsed(given, VARIABLE) if given else None


def _parsed(given: str, source: str) -> URL:
    # What was given may hold a password, also where it cannot be read as a URL.
    try:
        url = make_url(given.strip())
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"{source}: is no URL; write it as {_EXAMPLE}") from None
    if url.drivername not in _NAMES or not url.database:
        raise ConfigurationError(f"{source}: names no database of PostgreSQL; use {_EXAMPLE}")
    return url.set(drivername=_DRIVER)


def shown(url: URL) -> str:
    """Return how a database is named to people: without user and password."""
    place = f" at {url.host}:{url.port or 5432}" if url.host else ""
    return f"the database {url.database}{place}"


def open_engine(url: URL) -> Engine:
    """Return an engine; ConfigurationError without the driver."""
    try:
        engine = create_engine(
            url,
            connect_args={"connect_timeout": _CONNECT_TIMEOUT},
            # Statements may hold secrets of specs: their values stay out of error texts.
            hide_parameters=True,
            # A connection may be gone after a restart of the database.
            pool_pre_ping=True,
        )
    except ModuleNotFoundError:
        raise ConfigurationError(
            "PostgreSQL needs its driver; run `pip install 'submarine-jupyter[postgres]'`"
        ) from None
    event.listen(engine, "connect", _allow_any_text())
    return engine


def cause(error: DBAPIError, url: URL) -> str:
    """Return what the driver said, in one line and without the password."""
    said = " ".join(str(error.orig).split())
    return said.replace(str(url.password), "***") if url.password else said


def claim(engine: Engine, url: URL, patience: float) -> Connection:
    """Return a connection that keeps other servers off while it is open.

    Raises
    ------
    ConfigurationError
        Another server has the database, also after these seconds.
    """
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    # So that the database finds out soon when this machine is gone, and lets another one in.
    connection.execute(text("SET tcp_keepalives_idle = 30"))
    deadline = time.monotonic() + patience
    while not connection.scalar(select(func.pg_try_advisory_lock(_LOCKS, _SERVER))):
        if time.monotonic() > deadline:
            connection.close()
            raise ConfigurationError(
                f"another experiment server uses {shown(url)}; stop it, or give this one a "
                "database of its own"
            )
        time.sleep(_POLL)
    return connection


def write_in_turn(connection: Connection) -> None:
    """Let no other transaction commit between the beginning of this one and its end.

    Numbers of events are given out when they are written and seen when they are committed: a
    reader who has the second must never be shown the first later.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_LOCKS, _TRANSACTION)))


def _allow_any_text() -> Callable[[Any, object], None]:
    """Store U+FFFD for NUL, which PostgreSQL has no place for and logs may hold."""
    from psycopg.types.string import StrDumper

    def dump(dumper: Any, value: str) -> Any:
        return StrDumper.dump(dumper, value.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    # A class statement would have a base without a type where the driver is not installed.
    any_text = type("AnyText", (StrDumper,), {"dump": dump})
    return lambda connection, _: connection.adapters.register_dumper(str, any_text)
