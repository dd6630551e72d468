"""A real Ray cluster of several nodes, as processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CPUS = 4


# Ray gives a node 30 s to come up, which is not much when other tests run beside it.
_TRIES = 3


@contextmanager
def ray_cluster(nodes: int = 2) -> Iterator[Any]:
    """Yield a `ray.cluster_utils.Cluster` whose nodes have four cores each, on paper."""
    os.environ["RAY_AUTH_MODE"] = "disabled"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RUNTIME_ENV_RETRY_TIMES"] = "1"
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for _ in range(nodes):
            _add_node(cluster)
        yield cluster
    finally:
        cluster.shutdown()


def _add_node(cluster: Any) -> None:
    for attempt in range(_TRIES):
        try:
            cluster.add_node(num_cpus=CPUS, include_dashboard=False)
        except Exception as error:
            if attempt == _TRIES - 1 or "timed out during startup" not in str(error):
                raise
        else:
            return
