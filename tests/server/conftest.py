from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import launch
from submarine_jupyter.launch import Server

from .api import Api


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
