from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..server.api import Api
from ..server.servers import serving
from .cluster import ray_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Yield a Ray cluster of two nodes."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    with ray_cluster() as started:
        yield started


@pytest.fixture(scope="module", params=["local", "ray"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield the API of a server with each of the engines."""
    directory: Path = tmp_path_factory.mktemp("data")
    options = []
    if request.param == "ray":
        address = request.getfixturevalue("cluster").address
        options = ["--submitter", "ray", "--ray-address", address]
    with serving(directory, *options) as api:
        yield api
