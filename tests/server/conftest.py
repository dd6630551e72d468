from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import launch
from submarine_jupyter.launch import Server

from .api import Api
from .databases import Place, Postgres, running_postgres


@pytest.fixture
def api(experiment_server: Server) -> Api:
    """Return the API of a fresh server."""
    return Api(experiment_server)


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield the API of a server that the tests of a module share."""
    directory: Path = tmp_path_factory.mktemp("data")
    yield Api(launch.ensure(directory))
    launch.stop(directory)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Yield a running PostgreSQL, the same for all tests."""
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Yield an empty place for a store, of each kind that there is."""
    if request.param == "sqlite":
        yield Place(tmp_path)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.create()
    yield Place(tmp_path, url)
    postgres.drop(url)
