"""The store by itself: its schema's life, its journal, and lists read in pieces."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from submarine_jupyter.errors import ConfigurationError
from submarine_jupyter.server.migrations import revisions, upgrade
from submarine_jupyter.server.store import Event, Query, Store
from submarine_jupyter.server.tables import metadata
from submarine_jupyter.spec import Status

from .databases import Place
from .records import happened, record

OLDEST = revisions()[0]


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = place.open()
    yield store
    store.close()


@contextmanager
def bare(place: Place) -> Iterator[Connection]:
    """Yield a transaction in a database, without anything of ours around it."""
    engine = place.engine()
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def older_store(place: Place, revision: str, specs: list[str]) -> None:
    """Make a store as a package of that revision would have left it."""
    with bare(place) as connection:
        upgrade(connection, OLDEST)
    with bare(place) as connection:
        for number, spec in enumerate(specs, 1):
            connection.execute(
                text(
                    "INSERT INTO experiments"
                    " (id, uid, name, framework, tags, status, accepted, spec)"
                    " VALUES (:id, :uid, 'test', 'TensorFlow', '[]', 'Succeeded', 1.5, :spec)"
                ),
                {"id": f"experiment-1-{number:04d}", "uid": f"uid-{number}", "spec": spec},
            )
            connection.execute(
                text(
                    "INSERT INTO events (experiment_id, time, kind, reason, message)"
                    " VALUES (:id, 1.5, 'status', 'Accepted', '')"
                ),
                {"id": f"experiment-1-{number:04d}"},
            )
        connection.execute(text("INSERT INTO settings (name, value) VALUES ('server', 'stable')"))
    with bare(place) as connection:
        upgrade(connection, revision)


def schema(place: Place) -> dict[str, list[str]]:
    """Return the columns of every table."""
    with bare(place) as connection:
        found = inspect(connection)
        return {
            table: sorted(str(column) for column in found.get_columns(table))
            for table in found.get_table_names()
        }


def difference(place: Place) -> object:
    """Return in what a database differs from the tables that the code knows."""
    with bare(place) as connection:
        return compare_metadata(MigrationContext.configure(connection), metadata)


def test_the_migrations_end_in_the_tables_the_code_knows(place: Place) -> None:
    place.open().close()
    assert difference(place) == []


@pytest.mark.parametrize("revision", revisions()[:-1])
def test_an_older_store_is_brought_up_to_date_with_all_it_holds(
    place: Place, revision: str
) -> None:
    count = 1_200  # more than a migration handles at once
    older_store(place, revision, [record(number).spec for number in range(count)])
    place.open().close()
    store = place.open()
    found = store.find(Query())
    assert found.total == count
    assert [entry.id for entry in found.records[:2]] == ["experiment-1-0001", "experiment-1-0002"]
    assert found.records[-1].read_spec() == record(0).read_spec()
    assert {entry.status for entry in found.records} == {Status.SUCCEEDED}
    assert [event.reason for event in store.events(0, "experiment-1-0007")] == ["Accepted"]
    assert store.setting("server", "another") == "stable"
    summaries = store.find(Query(summary=True)).records
    assert [entry.to_wire(summary=True) for entry in summaries] == [
        entry.to_wire(summary=True) for entry in found.records
    ]
    store.close()
    assert difference(place) == []


def test_a_migration_that_fails_leaves_the_store_as_it_was(place: Place) -> None:
    older_store(place, OLDEST, [record(1).spec, "no JSON"])
    before = schema(place)
    said = f"{re.escape(place.name)} cannot be brought up to date"
    with pytest.raises(ConfigurationError, match=said):
        place.open()
    assert schema(place) == before


def of_a_newer_package(place: Place, statement: str) -> None:
    place.open().close()
    with bare(place) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text(statement))


def test_a_newer_store_is_refused_with_the_version_that_wrote_it(place: Place) -> None:
    of_a_newer_package(place, "UPDATE settings SET value = '88.1' WHERE name = 'version'")
    said = rf"was written by submarine-jupyter 88\.1, and this is {version('submarine-jupyter')}; "
    with pytest.raises(ConfigurationError, match=f"{said}update with `pip install --upgrade"):
        place.open()
    with bare(place) as connection:
        value = connection.scalar(text("SELECT value FROM settings WHERE name = 'version'"))
    assert value == "88.1"


def test_a_newer_store_is_refused_also_when_it_does_not_say_who_wrote_it(place: Place) -> None:
    of_a_newer_package(place, "DROP TABLE settings")
    with pytest.raises(ConfigurationError, match=r"was written by a newer submarine-jupyter, and"):
        place.open()


def test_a_store_says_who_writes_it(store: Store) -> None:
    assert store.setting("version", "none") == version("submarine-jupyter")


def test_an_up_to_date_store_opens_without_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from submarine_jupyter.server.store import Store;"
        "Store.in_directory(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    for expected in ("True", "False"):
        command = [sys.executable, "-c", program, str(tmp_path)]
        assert subprocess.check_output(command, text=True).strip() == expected


def journal(directory: Path) -> str:
    with closing(sqlite3.connect(directory / "experiments.db")) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_the_journal_is_wal_but_on_a_network_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.in_directory(tmp_path).close()
    assert journal(tmp_path) == "wal"
    real = psutil.disk_partitions(all=True)
    remote = real[0]._replace(mountpoint=str(tmp_path), fstype="nfs4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [*real, remote])  # noqa: A006 - psutil's name
    Store.in_directory(tmp_path).close()
    assert journal(tmp_path) == "delete"


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    path.write_text("something else, and long enough to be looked at")
    with pytest.raises(ConfigurationError, match=rf"{path} cannot be read .*move it away"):
        Store.in_directory(tmp_path)


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
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.add_all([(entry, happened(entry)) for entry in (first, record(2), first)])
    assert store.find(Query()).total == 0
    assert store.last_event() == 0


def test_filters_look_at_any_case_and_take_no_wildcards(store: Store) -> None:
    entries = [record(number, name) for number, name in enumerate(["a-b", "a_b", "axb", "a%b"])]
    entries = [replace(entry, tags=json.dumps(["Nightly", "50%"])) for entry in entries]
    store.add_all((entry, happened(entry)) for entry in entries)

    def names(query: Query) -> list[str]:
        return [entry.name for entry in store.find(query).records]

    assert names(Query(name="A_B")) == ["a_b"]
    assert names(Query(name="%")) == ["a%b"]
    everything = Query(framework="tensorFLOW", tag="nightly")
    assert names(everything) == [entry.name for entry in entries]
    assert names(Query(tag="Nightl")) == names(Query(tag="5_%")) == []


def test_any_text_can_be_kept_and_asked_for(store: Store) -> None:
    entry = record(1)
    event = Event(entry.id, 1.5, "evidence", "Error" * 50, "a\0b \U0001f600", "pod" * 100)
    store.add(entry, [event])
    (kept,) = store.events(0, entry.id)
    assert (kept.reason, kept.pod) == (event.reason, event.pod)
    assert kept.message.replace("\0", "\N{REPLACEMENT CHARACTER}") == "a\ufffdb \U0001f600"
    assert store.get("with\0nul") is None
    assert store.find(Query(name="\0", after=2**62)).total == 0
    assert store.events(2**62) == []


def test_numbers_of_events_never_come_again(store: Store) -> None:
    first = record(1)
    store.add(first, happened(first))
    store.remove(first.id, Event(first.id, 2.0, "deletion", "Deleted"))
    newest = store.last_event()
    second = record(2)
    store.add(second, happened(second))
    assert store.last_event() > newest
    assert [event.experiment_id for event in store.events(newest)] == [second.id]


def test_who_has_seen_an_event_is_never_shown_an_earlier_one_later(store: Store) -> None:
    writers, each = 4, 50
    seen: list[int] = []

    def write(writer: int) -> None:
        for number in range(each):
            entry = record(writer * each + number)
            store.add(entry, happened(entry) * 3)

    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(write, writer) for writer in range(writers)]
        while not all(one.done() for one in writing):
            seen += [event.number for event in store.events(seen[-1] if seen else 0)]
        for one in writing:
            one.result()
    seen += [event.number for event in store.events(seen[-1] if seen else 0)]
    assert seen == sorted(seen)
    assert len(seen) == writers * each * 3
    assert seen == [event.number for event in store.events()]
