from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter.launch import Server
from tests.server.api import Api

from .traces import end_runs


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path: Path) -> Iterator[None]:
    """End what a test has left running, also one that has failed."""
    yield
    end_runs(tmp_path)


@pytest.fixture
def api(experiment_server: Server) -> Api:
    """Return the API of a fresh server."""
    return Api(experiment_server)
