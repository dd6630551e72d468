"""The database file: how it is opened, how old its schema is, and who may write it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import DatabaseError

from ..errors import ConfigurationError
from ..filesystems import is_on_network
from .migrations import revisions, upgrade
from .tables import settings

_PACKAGE = "submarine-jupyter"
_WRITER = "version"
"""Setting that holds the version of the package that wrote the store last."""

_alembic_version = table("alembic_version", column("version_num"))


def open_database(path: Path) -> Engine:
    """Return the engine of a SQLite file; it is created, and its schema brought up to date.

    Raises
    ------
    ConfigurationError
        It is no database, or a newer package wrote it.
    """
    # Statements may hold secrets of specs: their values stay out of error texts.
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10}, hide_parameters=True)
    event.listen(engine, "connect", _configure("DELETE" if is_on_network(path) else "WAL"))
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            _bring_up_to_date(connection, path)
    except DatabaseError as error:
        raise ConfigurationError(
            f"{path} cannot be read as the store of experiments ({error.orig}); "
            "move it away, or use another data directory"
        ) from None
    return engine


def _bring_up_to_date(connection: Connection, path: Path) -> None:
    known = revisions()
    found = _revision(connection)
    if found is not None and found not in known:
        raise ConfigurationError(
            f"{path} was written by {_writer(connection)}, and this is {version(_PACKAGE)}; "
            f"update with `pip install --upgrade {_PACKAGE}`, or use another data directory"
        )
    if found != known[-1]:
        try:
            upgrade(connection)
        except ValueError as error:
            raise ConfigurationError(
                f"{path} cannot be brought up to date ({error}); it was left as it is: "
                "move it away, or use another data directory"
            ) from None
    _sign(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_alembic_version.name):
        return None
    return connection.scalar(select(_alembic_version.c.version_num))


def _sign(connection: Connection) -> None:
    """Note which version writes from now on, for an older one that will not know the schema."""
    if _signature(connection) != version(_PACKAGE):
        connection.execute(delete(settings).where(settings.c.name == _WRITER))
        connection.execute(insert(settings).values(name=_WRITER, value=version(_PACKAGE)))


def _signature(connection: Connection) -> str | None:
    return connection.scalar(select(settings.c.value).where(settings.c.name == _WRITER))


def _writer(connection: Connection) -> str:
    try:
        found = _signature(connection)
    except DatabaseError:  # a newer schema may keep it elsewhere
        found = None
    return f"{_PACKAGE} {found}" if found else f"a newer {_PACKAGE}"


def _configure(journal: str) -> Callable[[Any, object], None]:
    def configure(connection: Any, _: object) -> None:
        # The driver would open no transaction for DDL, so that a migration could stop half-way.
        connection.isolation_level = None
        cursor = connection.cursor()
        # WAL lets readers go on during a write, but its shared memory spans no network.
        cursor.execute(f"PRAGMA journal_mode={journal}")
        # FULL keeps a committed status through a power loss.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return configure


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
