"""The tables of the store, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Enum,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from ..spec import Status

metadata = MetaData()

# SQLite counts only in what is called INTEGER there, which has 64 bits.
_number = BigInteger().with_variant(Integer, "sqlite")

_status = Enum(
    Status,
    native_enum=False,
    length=16,
    values_callable=lambda statuses: [status.value for status in statuses],
)

experiments = Table(
    "experiments",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("uid", String(36), nullable=False),
    Column("name", String(63), nullable=False),
    Column("framework", String(32), nullable=False),
    Column("tags", Text, nullable=False),
    Column("status", _status, nullable=False, index=True),
    Column("reason", Text),
    Column("message", Text),
    Column("accepted", Float, nullable=False),
    Column("created", Float),
    Column("running", Float),
    Column("finished", Float),
    Column("spec", Text, nullable=False),
    Column("idempotency_key", String(200), unique=True),
    # The spec without what a list leaves out, so that a list costs the same however long the cells.
    Column("summary", Text, nullable=False, server_default=""),
)

events = Table(
    "events",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=True),
    Column("experiment_id", String(64), nullable=False),
    Column("time", Float, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("pod", Text),
    Index("ix_events_experiment", "experiment_id", "number"),
    sqlite_autoincrement=True,  # a number never comes again, so cursors stay true after deletes
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)


def _named(table: str, longest: int) -> Table:
    """Return a table of specs by name; see `catalogue.named`."""
    return Table(
        table,
        metadata,
        Column("number", _number, primary_key=True, autoincrement=True),
        Column("name", String(longest), nullable=False, unique=True),
        Column("started_ms", BigInteger, nullable=False),
        Column("count", Integer, nullable=False),
        Column("spec", Text, nullable=False),
    )


environments = _named("environments", 255)
templates = _named("templates", 32)
