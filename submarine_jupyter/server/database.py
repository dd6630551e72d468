"""The database: how it is opened, how old its schema is, and who may write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
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
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from ..errors import ConfigurationError
from ..filesystems import is_on_network
from . import postgres
from .migrations import revisions, upgrade
from .tables import settings

_PACKAGE = "submarine-jupyter"
_WRITER = "version"
"""Setting that holds the version of the package that wrote the store last."""

_KEPT = 5
"""Connections to a file that are kept open."""

_WRITES = "submarine_writes"
"""Option of a connection whose transactions write."""

_alembic_version = table("alembic_version", column("version_num"))


class Database:
    """The store's database, its schema brought up to date.

    Parameters
    ----------
    engine
        Connects to it.
    claim
        Connection that keeps other servers off; None where files do that.
    """

    def __init__(self, engine: Engine, claim: Connection | None = None) -> None:
        self.engine = engine
        self._claim = claim

    def close(self) -> None:
        """Close the connections, and let another server have it."""
        if self._claim is not None:
            with suppress(DatabaseError):  # it may be gone already
                self._claim.close()
        self.engine.dispose()


def open_file(path: Path) -> Database:
    """Return the database in a SQLite file, which is created when there is none.

    Raises
    ------
    ConfigurationError
        It is no database, or a newer package wrote it.
    """
    # Statements may hold secrets of specs: their values stay out of error texts.
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=_KEPT,
        connect_args={"timeout": 10},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure("DELETE" if is_on_network(path) else "WAL"))
    event.listen(engine, "begin", _begin)
    advice = "move it away, or use another data directory"
    try:
        _bring_up_to_date(engine, str(path), advice)
    except DatabaseError as error:
        raise ConfigurationError(
            f"{path} cannot be read as the store of experiments ({error.orig}); {advice}"
        ) from None
    # Opened now, they are there when clients take all the files that the server may open.
    with ExitStack() as opened:
        for _ in range(_KEPT):
            opened.enter_context(engine.connect())
    return Database(engine)


def open_postgres(url: URL, patience: float = 0) -> Database:
    """Return a database of PostgreSQL, which no other server may use meanwhile.

    Parameters
    ----------
    patience
        Seconds to wait for another server that has it.

    Raises
    ------
    ConfigurationError
        It cannot be reached or used, another server has it, or a newer package wrote it.
    """
    name = postgres.shown(url)
    engine = postgres.open_engine(url)
    with ExitStack() as undo:
        undo.callback(engine.dispose)
        try:
            claim = undo.enter_context(postgres.claim(engine, url, patience))
            _bring_up_to_date(engine, name, "use another database")
        except DatabaseError as error:
            said = postgres.cause(error, url)
            raise ConfigurationError(
                f"{name} cannot be used as the store of experiments ({said}); check its URL, and "
                "that it is up"
            ) from None
        undo.pop_all()
    return Database(engine, claim)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that writes; such transactions are committed in turn."""
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        if engine.dialect.name == postgres.NAME:
            postgres.write_in_turn(connection)
        yield connection


def _bring_up_to_date(engine: Engine, name: str, advice: str) -> None:
    known = revisions()
    with writing(engine) as connection:
        found = _revision(connection)
        if found is not None and found not in known:
            raise ConfigurationError(
                f"{name} was written by {_writer(connection)}, and this is {version(_PACKAGE)}; "
                f"update with `pip install --upgrade {_PACKAGE}`, or use another data directory"
            )
        if found != known[-1]:
            try:
                upgrade(connection)
            except ValueError as error:
                raise ConfigurationError(
                    f"{name} cannot be brought up to date ({error}); it was left as it is: {advice}"
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
        # Within a transaction of its own: PostgreSQL ends the outer one at an error.
        with connection.begin_nested():
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
    # Who reads first and writes then would be refused where another has written in between.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
