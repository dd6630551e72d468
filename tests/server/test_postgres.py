"""PostgreSQL as the store of a server: found by its URL, kept to itself, and back after a break."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import URL, make_url

from submarine_jupyter import launch
from submarine_jupyter.errors import ConfigurationError
from submarine_jupyter.server.database import open_postgres
from submarine_jupyter.server.postgres import VARIABLE, database_url

from .api import Api, experiment, python, wait_until
from .databases import PASSWORD, Place, Postgres

SERVE = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
SECRET = PASSWORD.rpartition(":")[2]  # needs no quoting in a URL


@pytest.fixture
def url(postgres: Postgres) -> Iterator[URL]:
    url = postgres.create()
    yield url
    postgres.drop(url)


def written(url: URL, path: Path) -> Path:
    """Write a URL, with its password, where only its owner can read it."""
    path.write_text(url.render_as_string(hide_password=False) + "\n")
    path.chmod(0o600)
    return path


@contextmanager
def served(directory: Path, url: URL) -> Iterator[Api]:
    """Yield the API of a server whose output goes to a file."""
    options = ["--data-dir", str(directory)]
    options += ["--database-url-file", str(written(url, directory.with_name("url")))]
    with started(directory, options) as api:
        yield api


@contextmanager
def started(directory: Path, options: list[str], **variables: str) -> Iterator[Api]:
    """Yield the API of a server with some options and variables."""
    env = {**os.environ, **variables}
    with directory.with_name("output").open("a") as output:
        process = subprocess.Popen([*SERVE, *options], stdout=output, stderr=output, env=env)
    try:
        wait_until(lambda: launch.find(directory) is not None or process.poll() is not None)
        server = launch.find(directory)
        assert server is not None, directory.with_name("output").read_text()
        yield Api(server)
    finally:
        process.terminate()
        process.wait(20)


def test_experiments_run_and_are_remembered_by_postgresql(
    url: URL, postgres: Postgres, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with served(data, url) as api:
        identity = api.create(experiment(python("print('kept')"), Worker=2))
        assert api.wait_for_end(identity) == "Succeeded"
        events = [event.event for event in api.follow(identity)]
        assert (events.count("log"), events[-1]) == (2, "end")
        known = api.server.server_id
        # As after a restart of the database.
        postgres.disconnect(url)
        assert api.status(identity) == "Succeeded"
        info = api.call("GET", "api/v1/info").text
        shown = psutil.Process(api.server.pid).cmdline()
        second = api.create(experiment(python("print(1)")))
        assert api.wait_for_end(second) == "Succeeded"
    assert not (data / "experiments.db").exists()
    with served(data, url) as api:
        assert api.server.server_id == known
        assert [one["experimentId"] for one in api.result("GET", "api/v1/experiment")] == [
            identity,
            second,
        ]
    texts = [info, *shown, (tmp_path / "output").read_text()]
    texts += [path.read_text("latin-1") for path in data.rglob("*") if path.is_file()]
    assert not [text for text in texts if SECRET in text]


@pytest.mark.long
def test_a_run_goes_on_while_a_server_is_killed_and_knows_no_url(url: URL, tmp_path: Path) -> None:
    data, go = tmp_path / "data", tmp_path / "go"
    program = (
        "import os, pathlib, time\n"
        "for entry in os.environ.items(): print(*entry)\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(.02)\n"
        "print('last')"
    )
    given = {VARIABLE: url.render_as_string(hide_password=False)}
    options = ["--data-dir", str(data)]
    with started(data, options, **given) as api:
        identity = api.create(experiment(python(program)))
        api.wait_for(identity, "Running")
        os.kill(api.server.pid, signal.SIGKILL)
        wait_until(lambda: launch.find(data) is None)
        with started(data, options, **given) as again:
            go.touch()
            assert again.wait_for_end(identity) == "Succeeded"
            (lines,) = again.lines(identity).values()
            assert lines[-1] == "last"
            assert len(lines) == len(set(lines))
            assert not [line for line in lines if SECRET in line or VARIABLE in line]


@pytest.mark.long
def test_one_server_at_a_time_has_a_database(url: URL) -> None:
    first = open_postgres(url)
    with pytest.raises(ConfigurationError, match=f"another .* uses the database {url.database} at"):
        open_postgres(url)
    first.close()
    open_postgres(url).close()


@pytest.mark.long
def test_one_that_was_refused_keeps_nobody_off(url: URL, tmp_path: Path) -> None:
    place = Place(tmp_path, url)
    place.open().close()
    engine = place.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="was written by submarine-jupyter"):
            place.open()
    engine.dispose()


@pytest.mark.long
def test_a_database_that_cannot_be_used_is_named_without_the_password(
    url: URL, tmp_path: Path
) -> None:
    wrong = "another-secret"
    for bad, said in (
        (url.set(password=wrong), "password authentication failed"),
        (url.set(database="nowhere"), 'database "nowhere" does not exist'),
        (url.set(port=1), "Connection refused"),
        (url.update_query_dict({"nonsense": "1"}), 'invalid connection option "nonsense"'),
    ):
        command = [*SERVE, "--data-dir", str(tmp_path / "data")]
        command += ["--database-url-file", str(written(bad, tmp_path / "url"))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not any(secret in done.stderr for secret in (SECRET, wrong))


@pytest.mark.long
def test_a_database_that_goes_away_is_told_and_waited_for(
    postgres: Postgres, url: URL, tmp_path: Path
) -> None:
    with served(tmp_path / "data", url) as api:
        identity = api.create(experiment(python("import time; time.sleep(2); print('done')")))
        api.wait_for(identity, "Running")
        postgres.drop(url)
        response = api.call("GET", f"api/v1/experiment/{identity}")
        assert response.status_code == 503
        assert response.json()["message"].startswith("The database of the experiments does not ")


def test_the_url_comes_from_option_file_or_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert database_url(None, None) is None
    monkeypatch.setenv(VARIABLE, "postgres://u:secret@env/name")
    assert database_url(None, None) == make_url("postgresql+psycopg://u:secret@env/name")
    assert VARIABLE not in os.environ
    file = written(make_url("postgresql://u:secret@file/name"), tmp_path / "url")
    assert database_url(None, file) == make_url("postgresql+psycopg://u:secret@file/name")
    option = database_url("postgresql://u@option/name", None)
    assert option == make_url("postgresql+psycopg://u@option/name")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "postgresql://u:secret@host/name",
            "others can read the password in the list of processes",
        ),
        ("postgresql://u@host/name?password=secret", "others can read the password"),
        ("mysql://u:secret@host/name", "names no database of PostgreSQL"),
        ("postgresql://u:secret@host", "names no database of PostgreSQL"),
        ("u:secret@host", "is no URL"),
        ("postgresql://u:secret@host:x/name", "is no URL"),
        ("", "is no URL"),
    ],
)
def test_what_is_no_url_is_refused_without_quoting_it(given: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        database_url(given, None)
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith("--database-url: ")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = written(make_url("postgresql://u:secret@host/name"), tmp_path / "url")
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="run `chmod 600"):
        database_url(None, file)


def test_two_urls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give one of them"):
        database_url("postgresql://u@host/name", tmp_path / "url")
