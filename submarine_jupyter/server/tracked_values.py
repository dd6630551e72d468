"""The database that programs write to with Apache Submarine's `log_metric` and `log_param`.

Its client knows no server for them: it writes to the database that `SUBMARINE_DB_URI` names. The
tables are the client's, so that it finds them there and makes none of its own, which several
replicas would do at once.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    delete,
    select,
)
from sqlalchemy.exc import OperationalError

from ..filesystems import is_on_network

_metadata = MetaData()

_metrics = Table(
    "metric",
    _metadata,
    Column("id", String(64)),
    Column("key", String(190)),
    Column("value", Float(53), nullable=False),
    Column("worker_index", String(64)),
    Column("timestamp", DateTime),
    Column("step", BigInteger, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    PrimaryKeyConstraint("id", "key", "timestamp", "worker_index"),
)

_params = Table(
    "param",
    _metadata,
    Column("id", String(64)),
    Column("key", String(190)),
    Column("value", String(190), nullable=False),
    Column("worker_index", String(32)),
    PrimaryKeyConstraint("id", "key", "worker_index"),
)


class TrackedValues:
    """The metrics and parameters that programs have logged.

    Parameters
    ----------
    path
        The SQLite file; created when there is none.
    """

    def __init__(self, path: Path) -> None:
        self.uri = f"sqlite:///{path}"
        self._engine = create_engine(self.uri)
        with self._engine.begin() as connection:
            if not is_on_network(path):
                # Programs write while others do, and while the server reads.
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            _metadata.create_all(connection)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def metrics(self, experiment_id: str) -> list[dict[str, Any]]:
        """Return the metrics of an experiment, in the order in which they were logged."""
        return self._read(_metrics, experiment_id, "timestamp")

    def params(self, experiment_id: str) -> list[dict[str, Any]]:
        """Return the parameters of an experiment."""
        return self._read(_params, experiment_id, "key")

    def forget(self, experiment_id: str) -> None:
        """Remove what an experiment has logged, if that can be done now."""
        # What stays behind a full disk is of an id that never comes again.
        with suppress(OperationalError), self._engine.begin() as connection:
            for table in (_metrics, _params):
                connection.execute(delete(table).where(table.c.id == experiment_id))

    def _read(self, table: Table, experiment_id: str, order: str) -> list[dict[str, Any]]:
        statement = select(table).where(table.c.id == experiment_id).order_by(table.c[order])
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]
