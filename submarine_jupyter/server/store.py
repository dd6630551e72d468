"""What the server remembers of experiments: SQLAlchemy Core over SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError

from ..errors import ConfigurationError
from ..spec import ExperimentSpec, Status
from .times import to_wire

DELETION = "deletion"
"""Kind of the event that stays when an experiment is forgotten."""

metadata = MetaData()

experiments = Table(
    "experiments",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("uid", String(36), nullable=False),
    Column("name", String(63), nullable=False),
    Column("framework", String(32), nullable=False),
    Column("tags", Text, nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("reason", String(64)),
    Column("message", Text),
    Column("accepted", Float, nullable=False),
    Column("created", Float),
    Column("running", Float),
    Column("finished", Float),
    Column("spec", Text, nullable=False),
    Column("idempotency_key", String(200), unique=True),
)

events = Table(
    "events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("experiment_id", String(64), nullable=False),
    Column("time", Float, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("pod", String(200)),
    Index("ix_events_experiment", "experiment_id", "number"),
    sqlite_autoincrement=True,  # a number never comes again, so cursors stay true after deletes
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)


@dataclass(frozen=True)
class Query:
    """Which experiments are wanted, and which part of them.

    Attributes
    ----------
    status, framework
        Theirs; the framework in any case.
    name
        A part of theirs, in any case.
    tag
        One of theirs.
    newest_first
        Whether the list begins with the last that was created.
    limit
        At most so many; None for all.
    after
        Goes on after the experiment with this number (`Page.next`).
    """

    status: Status | None = None
    name: str | None = None
    tag: str | None = None
    framework: str | None = None
    newest_first: bool = False
    limit: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class Page:
    """A part of a list: the experiments, how many there are in all, and where to go on."""

    records: list[Record]
    total: int
    next: int | None


@dataclass(frozen=True)
class Event:
    """One entry of the timeline; `number` grows over all experiments."""

    experiment_id: str
    time: float
    kind: str
    reason: str
    message: str = ""
    pod: str | None = None
    number: int = 0

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON-ready object of the API."""
        return {
            "time": to_wire(self.time),
            "kind": self.kind,
            "reason": self.reason,
            "message": self.message,
            "pod": self.pod,
        }


@dataclass(frozen=True)
class Record:
    """An experiment as it is stored; times in seconds since 1970, `spec` and `tags` as JSON."""

    id: str
    uid: str
    name: str
    framework: str
    tags: str
    status: Status
    accepted: float
    spec: str
    created: float | None = None
    running: float | None = None
    finished: float | None = None
    reason: str | None = None
    message: str | None = None
    idempotency_key: str | None = None

    @classmethod
    def of_row(cls, row: RowMapping) -> Record:
        """Read a row of the table."""
        fields = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**fields, "status": Status(row["status"])})

    def read_spec(self) -> ExperimentSpec:
        """Return the spec as a model."""
        return ExperimentSpec.from_wire(json.loads(self.spec))

    def to_wire(self, *, summary: bool = False) -> dict[str, Any]:
        """Return the JSON-ready Experiment; a summary leaves out commands, variables and code."""
        spec = json.loads(self.spec)
        if summary:
            for part in (spec["meta"], *spec["spec"].values()):
                part.pop("cmd", None)
                part.pop("envVars", None)
            spec.pop("code", None)
        # The API shows no times of a deleted experiment.
        shown = self.status is not Status.DELETED
        return {
            "experimentId": self.id,
            "uid": self.uid,
            "status": self.status.value,
            "acceptedTime": to_wire(self.accepted if shown else None),
            "createdTime": to_wire(self.created if shown else None),
            "runningTime": to_wire(self.running if shown else None),
            "finishedTime": to_wire(self.finished if shown else None),
            "spec": spec,
        }


class Store:
    """The experiments and their events.

    Parameters
    ----------
    path
        The SQLite file; created, and its schema brought up to date.
    """

    def __init__(self, path: Path) -> None:
        # Statements may hold secrets of specs: their values stay out of error texts.
        self._engine = create_engine(
            f"sqlite:///{path}", connect_args={"timeout": 10}, hide_parameters=True
        )
        event.listen(self._engine, "connect", _configure_sqlite)
        event.listen(self._engine, "begin", _begin)
        try:
            if not inspect(self._engine).has_table("alembic_version"):
                from .migrations import upgrade

                upgrade(self._engine)
        except DatabaseError as error:
            raise ConfigurationError(
                f"{path} cannot be read as the store of experiments ({error.orig}); "
                "move it away, or use another data directory"
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def setting(self, name: str, default: str) -> str:
        """Return a setting of the store, writing `default` when there is none yet."""
        with self._engine.begin() as connection:
            value = connection.scalar(select(settings.c.value).where(settings.c.name == name))
            if value is None:
                connection.execute(insert(settings).values(name=name, value=default))
                return default
            return str(value)

    def add(self, record: Record, happened: Iterable[Event]) -> None:
        """Store a new experiment with its first events."""
        with self._engine.begin() as connection:
            values = {name: getattr(record, name) for name in Record.__dataclass_fields__}
            connection.execute(
                insert(experiments).values(**values | {"status": record.status.value})
            )
            connection.execute(insert(events), [_values(entry) for entry in happened])

    def change(self, experiment_id: str, happened: Sequence[Event], **changes: Any) -> None:
        """Change columns of an experiment and add events, both or neither."""
        if isinstance(changes.get("status"), Status):
            changes["status"] = changes["status"].value
        with self._engine.begin() as connection:
            if changes:
                statement = update(experiments).where(experiments.c.id == experiment_id)
                connection.execute(statement.values(**changes))
            if happened:
                connection.execute(insert(events), [_values(entry) for entry in happened])

    def remove(self, experiment_id: str, farewell: Event) -> None:
        """Forget an experiment and its events, leaving the one that says so."""
        with self._engine.begin() as connection:
            connection.execute(delete(experiments).where(experiments.c.id == experiment_id))
            connection.execute(delete(events).where(events.c.experiment_id == experiment_id))
            connection.execute(insert(events).values(**_values(farewell)))

    def get(self, experiment_id: str) -> Record | None:
        """Return an experiment, or None."""
        return self._one(experiments.c.id == experiment_id)

    def by_idempotency_key(self, key: str) -> Record | None:
        """Return the experiment that was created under a key, or None."""
        return self._one(experiments.c.idempotency_key == key)

    def find(self, query: Query) -> Page:
        """Return the experiments that a query asks for."""
        table = experiments.c
        statement = select(experiments).where(*_conditions(query))
        count = select(func.count()).select_from(statement.subquery())
        statement = statement.order_by(table.number.desc() if query.newest_first else table.number)
        if query.after is not None:
            newest = query.newest_first
            beyond = table.number < query.after if newest else table.number > query.after
            statement = statement.where(beyond)
        if query.limit is not None:
            # One more than asked for tells whether there are more.
            statement = statement.limit(query.limit + 1)
        with self._engine.connect() as connection:
            total = connection.scalar(count) or 0
            rows = list(connection.execute(statement).mappings())
        more = query.limit is not None and len(rows) > query.limit
        shown = rows[: query.limit]
        last = shown[-1]["number"] if more and shown else None
        return Page([Record.of_row(row) for row in shown], total, last)

    def ids(self, statuses: Iterable[Status]) -> list[str]:
        """Return the ids of the experiments of some statuses, in the order in which they came."""
        wanted = [status.value for status in statuses]
        statement = select(experiments.c.id).where(experiments.c.status.in_(wanted))
        with self._engine.connect() as connection:
            return list(connection.scalars(statement.order_by(experiments.c.number)))

    def events(self, after: int = 0, experiment_id: str | None = None) -> list[Event]:
        """Return the events with a number above `after` (of one experiment), oldest first."""
        statement = select(events).where(events.c.number > after).order_by(events.c.number)
        if experiment_id is not None:
            statement = statement.where(events.c.experiment_id == experiment_id)
        with self._engine.connect() as connection:
            return [Event(**row) for row in connection.execute(statement).mappings()]

    def last_event(self) -> int:
        """Return the number of the newest event of all; 0 when there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(events.c.number))) or 0

    def _one(self, condition: Any) -> Record | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(experiments).where(condition)).mappings().first()
        return None if row is None else Record.of_row(row)


def _conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    table = experiments.c
    if query.status is not None:
        yield table.status == query.status.value
    if query.name is not None:
        yield table.name.contains(query.name.lower(), autoescape=True)
    if query.framework is not None:
        yield func.lower(table.framework) == query.framework.lower()
    if query.tag is not None:
        yield table.tags.contains(json.dumps(query.tag), autoescape=True)


def _values(entry: Event) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Event.__dataclass_fields__ if name != "number"}


def _configure_sqlite(connection: Any, _: object) -> None:
    # The driver would open no transaction for DDL, so that a migration could stop half-way.
    connection.isolation_level = None
    cursor = connection.cursor()
    # WAL lets readers go on during a write; FULL keeps a committed status through a power loss.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
