"""Specs by name, in one table each."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Engine, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..database import writing


class NameTaken(Exception):
    """There is a spec of that name already."""


@dataclass(frozen=True)
class Named:
    """A spec as it is stored, as JSON; its id is made of `started_ms` and `count`.

    Attributes
    ----------
    started_ms
        When the server that took it had started, in milliseconds since 1970.
    count
        Which one it was for that server, from 1.
    """

    name: str
    spec: str
    started_ms: int
    count: int


class NamedSpecs:
    """The specs of one table, in the order in which they came."""

    def __init__(self, engine: Engine, table: Table) -> None:
        self._engine = engine
        self._table = table
        self._started_ms = int(time.time() * 1000)

    def add(self, name: str, spec: str) -> Named:
        """Store a new one; NameTaken when there is one of that name."""
        table = self._table.c
        own = select(func.max(table.count)).where(table.started_ms == self._started_ms)
        try:
            with writing(self._engine) as connection:
                count = (connection.scalar(own) or 0) + 1
                entry = Named(name, spec, self._started_ms, count)
                connection.execute(insert(self._table).values(**vars(entry)))
        except IntegrityError:
            raise NameTaken(name) from None
        return entry

    def get(self, name: str) -> Named | None:
        """Return the one of that name, or None."""
        return next(iter(self._read(name)), None)

    def all(self) -> list[Named]:
        """Return all of them."""
        return self._read()

    def replace(self, name: str, spec: str) -> Named | None:
        """Replace a spec; return what is stored then, or None when there is none of that name."""
        with writing(self._engine) as connection:
            statement = update(self._table).where(self._table.c.name == name)
            connection.execute(statement.values(spec=spec))
        return self.get(name)

    def remove(self, name: str) -> Named | None:
        """Forget one; return it as it was, or None when there is none of that name."""
        entry = self.get(name)
        with writing(self._engine) as connection:
            connection.execute(delete(self._table).where(self._table.c.name == name))
        return entry

    def _read(self, name: str | None = None) -> list[Named]:
        table = self._table.c
        statement = select(table.name, table.spec, table.started_ms, table["count"])
        if name is not None:
            statement = statement.where(table.name == name)
        with self._engine.connect() as connection:
            return [Named(*row) for row in connection.execute(statement.order_by(table.number))]
