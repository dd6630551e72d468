"""Fixtures every lane shares: a data directory of its own, and a real server in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import launch


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a fresh data directory that everything started in this test uses."""
    directory = tmp_path / "submarine"
    monkeypatch.setenv("SUBMARINE_DATA_DIR", str(directory))
    for name in ("SUBMARINE_URL", "SUBMARINE_TOKEN", "SUBMARINE_TOKEN_FILE", "SUBMARINE_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    yield directory
    launch.stop(directory)


@pytest.fixture
def experiment_server(data_dir: Path) -> launch.Server:
    """Return a running embedded server."""
    return launch.ensure(data_dir)
