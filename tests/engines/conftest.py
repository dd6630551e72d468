from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..kubernetes.cluster import CLAIM, running_stand_in
from ..server.api import Api
from ..server.servers import serving
from ..server.wheels import make_wheel
from .cluster import ray_cluster


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a package that no interpreter here has."""
    directory = tmp_path_factory.mktemp("wheels")
    make_wheel(directory, "lacking", "1.0")
    return directory


@contextmanager
def finding(wheels: Path) -> Iterator[None]:
    """Let processes that are started meanwhile find the packages in a directory, and no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        yield


@pytest.fixture(scope="session")
def cluster(wheels: Path) -> Iterator[Any]:
    """Yield a Ray cluster of two nodes."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    with ExitStack() as stack:
        with finding(wheels):
            started = stack.enter_context(ray_cluster())
        yield started


@pytest.fixture(scope="module", params=["local", "ray", "kubernetes"])
def api(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    wheels: Path,
) -> Iterator[Api]:
    """Yield the API of a server with each of the engines; Kubernetes is a stand-in for it."""
    directory: Path = tmp_path_factory.mktemp("data")
    with ExitStack() as stack:
        options = ["--allow-code", "file"]
        if request.param == "ray":
            address = request.getfixturevalue("cluster").address
            options += ["--submitter", "ray", "--ray-address", address]
        if request.param == "kubernetes":
            pytest.importorskip("kubernetes_asyncio", reason="pip install '.[kubernetes]'")
            place = tmp_path_factory.mktemp("cluster")
            cluster = stack.enter_context(running_stand_in(place, directory))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
            options += ["--submitter", "kubernetes", "--kube-image", "python:3"]
            options += ["--kube-output-claim", CLAIM]
        with finding(wheels):
            started = stack.enter_context(serving(directory, *options))
        yield started
