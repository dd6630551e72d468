"""What the server remembers of experiments: SQLAlchemy Core over SQLite or PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Engine, delete, func, insert, select, update
from sqlalchemy.engine import URL

from ..spec import ExperimentSpec, Status
from .catalogue.environments import Environments
from .catalogue.templates import Templates
from .database import Database, open_file, open_postgres, writing
from .tables import events, experiments, settings
from .times import to_wire
from .tracked_values import TrackedValues

DELETION = "deletion"
"""Kind of the event that stays when an experiment is forgotten."""

# Few enough that other requests get their turn between two pieces, and that none is large.
_PIECE = 250


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
        One of theirs, in any case.
    newest_first
        Whether the list begins with the last that was created.
    limit
        At most so many; None for all.
    after
        Goes on after the experiment with this number (`Page.next`).
    summary
        Whether the specs come without commands, variables and code.
    """

    status: Status | None = None
    name: str | None = None
    tag: str | None = None
    framework: str | None = None
    newest_first: bool = False
    limit: int | None = None
    after: int | None = None
    summary: bool = False


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
    """An experiment as it is stored; times in seconds since 1970, `spec` and `tags` as JSON.

    `number` grows in the order in which they came; it is 0 before the experiment is stored.
    """

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
    number: int = 0

    def read_spec(self) -> ExperimentSpec:
        """Return the spec as a model."""
        return ExperimentSpec.from_wire(json.loads(self.spec))

    def to_wire(self, *, summary: bool = False) -> dict[str, Any]:
        """Return the JSON-ready Experiment.

        A summary leaves out commands, variables and code, and says for what reason it ended.
        """
        # The API shows no times of a deleted experiment.
        shown = self.status is not Status.DELETED
        times = (self.accepted, self.created, self.running, self.finished)
        head = _head(self.id, self.uid, self.status, *(times if shown else (None,) * 4))
        if summary:
            return {**head, "reason": self.reason, "spec": json.loads(_summary(self.spec))}
        return {**head, "spec": json.loads(self.spec)}


class Listing:
    """The experiments that a query asks for, read piece by piece: a list may be long.

    What changes meanwhile is shown as it is when its piece is read.

    Attributes
    ----------
    total
        How many there are in all, whatever the limit.
    next
        `Query.after` of the list that goes on after this one, once this one was read; None when
        there are no more.
    """

    def __init__(self, engine: Engine, query: Query) -> None:
        self._engine = engine
        self._query = query
        self._conditions = list(_conditions(query))
        self.next: int | None = None
        count = select(func.count()).select_from(experiments).where(*self._conditions)
        with engine.connect() as connection:
            self.total = connection.scalar(count) or 0

    def records(self) -> Iterator[list[Record]]:
        """Read the experiments, some hundred at once."""
        for rows in self._pieces(_RECORD):
            yield [Record(*row) for row in rows]

    def texts(self) -> Iterator[list[str]]:
        """Read the experiments as JSON; each spec goes into it as it is stored, unread."""
        summary = self._query.summary
        for rows in self._pieces(_TEXT):
            yield [
                _text(_head(*head) | ({"reason": reason} if summary else {}), spec)
                for *head, reason, spec, _ in rows
            ]

    def _pieces(self, names: Iterable[str]) -> Iterator[Sequence[Any]]:
        """Yield rows of these columns; `number` must be one, by which the next piece is found."""
        columns = _columns(names, summary=self._query.summary)
        after, wanted = self._query.after, self._query.limit
        while wanted != 0:
            size = _PIECE if wanted is None else min(_PIECE, wanted)
            # One more than asked for tells whether there are more.
            found = self._read(columns, after, size + 1)
            yield found[:size]
            if len(found) <= size:
                return
            after = found[size - 1].number
            if wanted is not None:
                wanted -= size
        self.next = after if self._query.limit else None

    def _read(
        self, columns: Sequence[ColumnElement[Any]], after: int | None, count: int
    ) -> Sequence[Any]:
        number = experiments.c.number
        newest_first = self._query.newest_first
        statement = select(*columns).where(*self._conditions)
        if after is not None:
            statement = statement.where(number < after if newest_first else number > after)
        statement = statement.order_by(number.desc() if newest_first else number).limit(count)
        with self._engine.connect() as connection:
            return connection.execute(statement).all()


class Store:
    """The experiments and their events.

    Parameters
    ----------
    database
        Where it is kept.
    tracking
        The SQLite file for what programs log; created when there is none.

    Attributes
    ----------
    environments, templates
        What is kept under a name.
    tracked
        What programs have logged, in a file of its own that they may write to.
    """

    def __init__(self, database: Database, tracking: Path) -> None:
        self._database = database
        self._engine = database.engine
        self.environments = Environments(self._engine)
        self.templates = Templates(self._engine)
        self.tracked = TrackedValues(tracking)

    @classmethod
    def in_directory(cls, directory: Path, url: URL | None = None, patience: float = 0) -> Store:
        """Open the store of a data directory; with a URL it is kept by PostgreSQL.

        What programs log stays in a file beside it: they are told no password of a database.
        """
        if url is None:
            database = open_file(directory / "experiments.db")
        else:
            database = open_postgres(url, patience)
        return cls(database, directory / "tracking.db")

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
        self.tracked.close()

    def setting(self, name: str, default: str) -> str:
        """Return a setting of the store, writing `default` when there is none yet."""
        with writing(self._engine) as connection:
            value = connection.scalar(select(settings.c.value).where(settings.c.name == name))
            if value is None:
                connection.execute(insert(settings).values(name=name, value=default))
                return default
            return str(value)

    def add(self, record: Record, happened: Iterable[Event]) -> None:
        """Store a new experiment with its first events."""
        self.add_all([(record, happened)])

    def add_all(self, entries: Iterable[tuple[Record, Iterable[Event]]]) -> None:
        """Store new experiments, each with its first events; all of them or none."""
        with writing(self._engine) as connection:
            for record, happened in entries:
                connection.execute(insert(experiments).values(**_row(record)))
                connection.execute(insert(events), [_values(entry) for entry in happened])

    def change(self, experiment_id: str, happened: Sequence[Event], **changes: Any) -> None:
        """Change columns of an experiment and add events, both or neither."""
        if "spec" in changes:
            changes["summary"] = _summary(changes["spec"])
        with writing(self._engine) as connection:
            if changes:
                statement = update(experiments).where(experiments.c.id == experiment_id)
                connection.execute(statement.values(**changes))
            if happened:
                connection.execute(insert(events), [_values(entry) for entry in happened])

    def remove(self, experiment_id: str, farewell: Event) -> None:
        """Forget an experiment and its events, if it is there, leaving the one that says so."""
        known = delete(experiments).where(experiments.c.id == experiment_id)
        with writing(self._engine) as connection:
            if connection.execute(known).rowcount:
                connection.execute(delete(events).where(events.c.experiment_id == experiment_id))
                connection.execute(insert(events).values(**_values(farewell)))
        self.tracked.forget(experiment_id)

    def get(self, experiment_id: str) -> Record | None:
        """Return an experiment, or None."""
        return self._one(experiments.c.id == experiment_id)

    def by_idempotency_key(self, key: str) -> Record | None:
        """Return the experiment that was created under a key, or None."""
        return self._one(experiments.c.idempotency_key == key)

    def listing(self, query: Query) -> Listing:
        """Return the experiments that a query asks for, to be read piece by piece."""
        return Listing(self._engine, query)

    def find(self, query: Query) -> Page:
        """Return the experiments that a query asks for."""
        listing = self.listing(query)
        records = [record for piece in listing.records() for record in piece]
        return Page(records, listing.total, listing.next)

    def ids(self, statuses: Iterable[Status]) -> list[str]:
        """Return the ids of the experiments of some statuses, in the order in which they came."""
        statement = select(experiments.c.id).where(experiments.c.status.in_(list(statuses)))
        with self._engine.connect() as connection:
            return list(connection.scalars(statement.order_by(experiments.c.number)))

    def events(
        self, after: int = 0, experiment_id: str | None = None, limit: int | None = None
    ) -> list[Event]:
        """Return the events with a number above `after` (of one experiment), oldest first.

        Parameters
        ----------
        limit
            How many at most; None for all.
        """
        statement = select(events).where(events.c.number > after).order_by(events.c.number)
        statement = statement.limit(limit)
        if experiment_id is not None:
            statement = statement.where(events.c.experiment_id == experiment_id)
        with self._engine.connect() as connection:
            return [Event(**row) for row in connection.execute(statement).mappings()]

    def last_event(self) -> int:
        """Return the number of the newest event of all; 0 when there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(events.c.number))) or 0

    def _one(self, condition: ColumnElement[bool]) -> Record | None:
        statement = select(*_columns(_RECORD)).where(condition)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
        return None if row is None else Record(*row)


_RECORD = tuple(Record.__dataclass_fields__)
_TIMES = ("accepted", "created", "running", "finished")
_TEXT = ("id", "uid", "status", *_TIMES, "reason", "spec", "number")


def _columns(names: Iterable[str], *, summary: bool = False) -> list[ColumnElement[Any]]:
    """Return columns by their names; the summary as the spec if that is wanted."""
    table = experiments.c
    stored = {"spec": table.summary} if summary else {}
    return [stored.get(name, table[name]) for name in names]


def _head(identity: str, uid: str, status: Status, *times: float | None) -> dict[str, str | None]:
    """Return an Experiment without its spec, in the API's key order."""
    accepted, created, running, finished = times
    return {
        "experimentId": identity,
        "uid": uid,
        "status": status.value,
        "acceptedTime": to_wire(accepted),
        "createdTime": to_wire(created),
        "runningTime": to_wire(running),
        "finishedTime": to_wire(finished),
    }


def _text(head: dict[str, str | None], spec: str) -> str:
    return f'{to_json(head).decode()[:-1]},"spec":{spec}}}'


def _row(record: Record) -> dict[str, Any]:
    """Return the columns of a record that is not stored yet."""
    values = {name: getattr(record, name) for name in Record.__dataclass_fields__}
    del values["number"]
    return values | {"summary": _summary(record.spec)}


def _summary(text: str) -> str:
    """Return a spec, as JSON, without its commands, variables and code."""
    spec = json.loads(text)
    for part in (spec["meta"], *spec["spec"].values()):
        part.pop("cmd", None)
        part.pop("envVars", None)
    spec.pop("code", None)
    return json.dumps(spec, separators=(",", ":"))


def _conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    table = experiments.c
    if query.status is not None:
        yield table.status == query.status
    if query.name is not None:
        yield _holds(table.name, query.name)
    if query.framework is not None:
        yield func.lower(table.framework) == query.framework.lower()
    if query.tag is not None:
        yield _holds(table.tags, json.dumps(query.tag))


def _holds(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    # SQLite would look for nothing beyond a NUL; no column holds one.
    return column.icontains(part.replace("\0", "\N{REPLACEMENT CHARACTER}"), autoescape=True)


def _values(entry: Event) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Event.__dataclass_fields__ if name != "number"}
