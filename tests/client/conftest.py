"""A real server that the tests of the client share, and specs for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import ExperimentClient, launch


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("shared") / "data"
    yield directory
    launch.stop(directory)


@pytest.fixture
def client(shared_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExperimentClient]:
    """Yield a client of the server that the tests of the client share."""
    monkeypatch.setenv("SUBMARINE_DATA_DIR", str(shared_dir))
    client = ExperimentClient()
    yield client
    client.close()
