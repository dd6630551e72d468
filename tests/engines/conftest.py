from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ..kubernetes.cluster import CLAIM, running_stand_in
from ..server.api import Api
from ..server.servers import serving
from .cluster import ray_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Yield a Ray cluster of two nodes."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    with ray_cluster() as started:
        yield started


@pytest.fixture(scope="module", params=["local", "ray", "kubernetes"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield the API of a server with each of the engines; Kubernetes is a stand-in for it."""
    directory: Path = tmp_path_factory.mktemp("data")
    with ExitStack() as stack:
        options = []
        if request.param == "ray":
            address = request.getfixturevalue("cluster").address
            options = ["--submitter", "ray", "--ray-address", address]
        if request.param == "kubernetes":
            pytest.importorskip("kubernetes_asyncio", reason="pip install '.[kubernetes]'")
            place = tmp_path_factory.mktemp("cluster")
            cluster = stack.enter_context(running_stand_in(place, directory))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
            options = ["--submitter", "kubernetes", "--kube-image", "python:3"]
            options += ["--kube-output-claim", CLAIM]
        yield stack.enter_context(serving(directory, *options))
