"""What a store can be kept in: a SQLite file, or a database of a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from submarine_jupyter.server.store import Store
from tests.ports import free_port

from .api import wait_until

PASSWORD = "p@ss/word:of-the-store"
_USER = "submarine"


@dataclass
class Place:
    """Where a store may be.

    Attributes
    ----------
    directory
        The data directory.
    url
        Of PostgreSQL; None for SQLite.
    """

    directory: Path
    url: URL | None = None

    def open(self) -> Store:
        return Store.in_directory(self.directory, self.url)

    def engine(self) -> Engine:
        """Return an engine that knows nothing of ours."""
        return create_engine(self.url or f"sqlite:///{self.directory / 'experiments.db'}")

    def options(self) -> list[str]:
        """Return the options of a server that keeps its store here."""
        if self.url is None:
            return []
        file = self.directory / "url"
        file.touch(0o600)
        file.write_text(self.url.render_as_string(hide_password=False))
        return ["--database-url-file", str(file)]

    @property
    def name(self) -> str:
        """How errors name it."""
        if self.url is None:
            return str(self.directory / "experiments.db")
        return f"the database {self.url.database} at {self.url.host}:{self.url.port}"


class Postgres:
    """A running PostgreSQL, and databases in it."""

    def __init__(self, port: int) -> None:
        self._root = URL.create(
            "postgresql+psycopg", _USER, PASSWORD, "127.0.0.1", port, "postgres"
        )

    def is_up(self) -> bool:
        engine = create_engine(self._root)
        try:
            engine.connect().close()
        except OperationalError:
            return False
        finally:
            engine.dispose()
        return True

    def create(self) -> URL:
        """Make an empty database."""
        name = f"test_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}")
        return self._root.set(database=name)

    def drop(self, url: URL) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def disconnect(self, url: URL) -> None:
        """Break off every connection to a database."""
        self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{url.database}'"
        )

    def _execute(self, statement: str) -> None:
        engine = create_engine(self._root, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Yield a PostgreSQL of our own on a free port; skips where there is none."""
    initdb, postgres = _program("initdb"), _program("postgres")
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    user = _user()
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        password = directory / "password"
        password.write_text(PASSWORD)
        if user is not None:
            for path in (directory, password):
                shutil.chown(path, user)
        data = directory / "data"
        make = [
            initdb,
            "--no-sync",
            "--auth=scram-sha-256",
            f"--username={_USER}",
            "--encoding=UTF8",
        ]
        make += ["--locale=C", f"--pwfile={password}", f"--pgdata={data}"]
        subprocess.run(make, user=user, cwd=directory, check=True, stdout=subprocess.DEVNULL)
        port = free_port()
        settings = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "log_min_messages": "fatal",
        }
        run = [postgres, "-D", str(data)]
        run += [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with subprocess.Popen(run, user=user, cwd=directory) as process:
            try:
                running = Postgres(port)
                wait_until(lambda: running.is_up() or process.poll() is not None)
                assert process.poll() is None, "PostgreSQL has ended"
                yield running
            finally:
                process.send_signal(signal.SIGINT)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = str(installed[-1]) if installed else None
    if found is None:
        pytest.skip(f"PostgreSQL's {name} is not installed")
    return found


def _user() -> str | None:
    """Return who runs it instead of root, as which it refuses to run."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
