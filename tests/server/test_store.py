"""The store by itself: its schema's life, its journal, and lists read in pieces."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from submarine_jupyter.errors import ConfigurationError
from submarine_jupyter.server.migrations import revisions, upgrade
from submarine_jupyter.server.store import Query, Store
from submarine_jupyter.server.tables import metadata
from submarine_jupyter.spec import Status

from .records import happened, record

OLDEST = revisions()[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "experiments.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def older_store(path: Path, revision: str, specs: list[str]) -> None:
    """Make a store as a package of that revision would have left it."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as migrating:
        upgrade(migrating, OLDEST)
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, spec in enumerate(specs, 1):
            connection.execute(
                "INSERT INTO experiments (id, uid, name, framework, tags, status, accepted, spec)"
                " VALUES (?, ?, 'test', 'TensorFlow', '[]', 'Succeeded', 1.5, ?)",
                (f"experiment-1-{number:04d}", f"uid-{number}", spec),
            )
            connection.execute(
                "INSERT INTO events (experiment_id, time, kind, reason, message)"
                " VALUES (?, 1.5, 'status', 'Accepted', '')",
                (f"experiment-1-{number:04d}",),
            )
        connection.execute("INSERT INTO settings (name, value) VALUES ('server', 'stable')")
    with engine.begin() as migrating:
        upgrade(migrating, revision)
    engine.dispose()


def schema(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()


def test_the_migrations_end_in_the_tables_the_code_knows(path: Path) -> None:
    Store(path).close()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize("revision", revisions()[:-1])
def test_an_older_store_is_brought_up_to_date_with_all_it_holds(path: Path, revision: str) -> None:
    count = 1_200  # more than a migration handles at once
    older_store(path, revision, [record(number).spec for number in range(count)])
    Store(path).close()
    fresh = path.with_name("fresh.db")
    Store(fresh).close()
    store = Store(path)
    found = store.find(Query())
    assert found.total == count
    assert [entry.id for entry in found.records[:2]] == ["experiment-1-0001", "experiment-1-0002"]
    assert found.records[-1].read_spec() == record(0).read_spec()
    assert {entry.status for entry in found.records} == {Status.SUCCEEDED}
    assert [event.reason for event in store.events(0, "experiment-1-0007")] == ["Accepted"]
    assert store.setting("server", "another") == "stable"
    summaries = store.find(Query(summary=True)).records
    assert [entry.to_wire() for entry in summaries] == [
        entry.to_wire(summary=True) for entry in found.records
    ]
    store.close()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_migration_that_fails_leaves_the_store_as_it_was(path: Path) -> None:
    older_store(path, OLDEST, [record(1).spec, "no JSON"])
    before = schema(path)
    with pytest.raises(ConfigurationError, match=r"experiments\.db cannot be brought up to date"):
        Store(path)
    assert schema(path) == before


def test_a_newer_store_is_refused_with_the_version_that_wrote_it(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE settings SET value = '88.1' WHERE name = 'version'")
    said = rf"was written by submarine-jupyter 88\.1, and this is {version('submarine-jupyter')}; "
    with pytest.raises(ConfigurationError, match=f"{said}update with `pip install --upgrade"):
        Store(path)
    with closing(sqlite3.connect(path)) as connection:
        value = connection.execute("SELECT value FROM settings WHERE name = 'version'").fetchone()
    assert value == ("88.1",)


def test_a_newer_store_is_refused_also_when_it_does_not_say_who_wrote_it(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("DROP TABLE settings")
    with pytest.raises(ConfigurationError, match=r"was written by a newer submarine-jupyter, and"):
        Store(path)


def test_a_store_says_who_writes_it(path: Path, store: Store) -> None:
    assert store.setting("version", "none") == version("submarine-jupyter")


def test_an_up_to_date_store_opens_without_alembic(path: Path) -> None:
    Store(path).close()
    program = (
        "import sys; from pathlib import Path; from submarine_jupyter.server.store import Store;"
        "Store(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    for expected in ("False", "True"):
        command = [sys.executable, "-c", program, str(path)]
        assert subprocess.check_output(command, text=True).strip() == expected
        path.unlink()


def journal(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_the_journal_is_wal_but_on_a_network_file_system(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(path).close()
    assert journal(path) == "wal"
    real = psutil.disk_partitions(all=True)
    remote = real[0]._replace(mountpoint=str(path.parent), fstype="nfs4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [*real, remote])  # noqa: A006 - psutil's name
    Store(path).close()
    assert journal(path) == "delete"


@pytest.mark.parametrize("limit", [None, 1, 249, 250, 251, 300, 600])
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_list_read_in_pieces_is_whole_and_in_order(
    store: Store, limit: int | None, newest_first: bool
) -> None:
    records = [record(number, "odd" if number % 2 else "even") for number in range(1200)]
    store.add_all((entry, happened(entry)) for entry in records)
    wanted = [entry.id for entry in records if entry.name == "odd"]
    query = Query(name="odd", limit=limit, newest_first=newest_first)
    listing = store.listing(query)
    assert listing.total == 600
    pieces = list(listing.records())
    seen = [entry.id for piece in pieces for entry in piece]
    if limit is None:
        assert len(pieces) > 1
    while listing.next is not None:
        listing = store.listing(replace(query, after=listing.next))
        assert listing.total == 600
        seen += [entry.id for piece in listing.records() for entry in piece]
    assert seen == (wanted[::-1] if newest_first else wanted)


@pytest.mark.parametrize("summary", [False, True])
def test_a_list_as_json_is_the_list(store: Store, summary: bool) -> None:
    for number in range(3):
        entry = record(number, "umlaut-ä")
        store.add(entry, happened(entry))
    (piece,) = store.listing(Query(summary=summary)).texts()
    wire = [entry.to_wire(summary=summary) for entry in store.find(Query()).records]
    assert [json.dumps(json.loads(text)) for text in piece] == [json.dumps(one) for one in wire]


def test_a_summary_follows_the_spec(store: Store) -> None:
    first, second = record(1), record(1, "changed")
    store.add(first, happened(first))
    store.change(first.id, [], spec=second.spec, name=second.name)
    (summary,) = store.find(Query(summary=True)).records
    assert summary.read_spec().meta.name == "changed"
    assert "secret" not in summary.spec


def test_what_is_added_at_once_is_added_whole_or_not_at_all(store: Store) -> None:
    first = record(1)
    with pytest.raises(Exception, match="UNIQUE"):
        store.add_all([(entry, happened(entry)) for entry in (first, record(2), first)])
    assert store.find(Query()).total == 0
    assert store.last_event() == 0
