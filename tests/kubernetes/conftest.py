from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .cluster import StandIn, stand_in
from .runs import Runs


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Yield a cluster whose pods do what the test says."""
    pytest.importorskip("kubernetes_asyncio", reason="pip install '.[kubernetes]'")
    with stand_in(tmp_path) as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        yield cluster


@pytest.fixture
def runs(cluster: StandIn, tmp_path: Path) -> Iterator[Runs]:
    """Yield a submitter on that cluster."""
    with ExitStack() as stack:
        yield Runs(cluster, tmp_path / "experiments", stack)
