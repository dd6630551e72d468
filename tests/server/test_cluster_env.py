"""What replicas are told of each other, against what the training operator 1.9 tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from submarine_jupyter.server.submitters.cluster_env import Address, cluster_env
from submarine_jupyter.spec.pods import Pod, in_order


def told(framework: str, **roles: int) -> dict[str, dict[str, str]]:
    """Return what each replica is told; `ps-1` listens on `host-ps-1`, port 1001."""
    pods = in_order(
        Pod(f"experiment-{role.lower()}-{index}", role, index)
        for role, count in roles.items()
        for index in range(count)
    )
    names = {pod.name: pod.name.removeprefix("experiment-") for pod in pods}
    places: dict[str, Address] = {
        pod.name: (f"host-{names[pod.name]}", 1000 + pod.index) for pod in pods
    }
    return {names[pod.name]: cluster_env(framework, pod, pods, places) for pod in pods}


@pytest.mark.parametrize("framework", ["PyTorch", "pytorch"])
@pytest.mark.parametrize(
    ("roles", "master", "ranks"),
    [
        ({"Master": 1}, "host-master-0", {"master-0": "0"}),
        (
            {"Worker": 2, "Master": 1},
            "host-master-0",
            {"master-0": "0", "worker-0": "1", "worker-1": "2"},
        ),
        ({"Worker": 2}, "host-worker-0", {"worker-0": "0", "worker-1": "1"}),
    ],
)
def test_pytorch(framework: str, roles: dict[str, int], master: str, ranks: dict[str, str]) -> None:
    size = str(len(ranks))
    assert told(framework, **roles) == {
        pod: {
            "MASTER_ADDR": master,
            "MASTER_PORT": "1000",
            "RANK": rank,
            "WORLD_SIZE": size,
            "PET_MASTER_ADDR": master,
            "PET_MASTER_PORT": "1000",
            "PET_NODE_RANK": rank,
            "PET_NNODES": size,
        }
        for pod, rank in ranks.items()
    }


def test_ranks_go_by_number_and_not_by_name() -> None:
    found = told("PyTorch", Master=1, Worker=12)
    assert found["worker-2"]["RANK"] == "3"
    assert found["worker-11"]["RANK"] == "12"


def test_xgboost() -> None:
    common = {"MASTER_ADDR": "host-master-0", "MASTER_PORT": "1000", "WORLD_SIZE": "3"}
    # On one machine each worker has a port of its own, so their addresses have it with them.
    workers = {"WORKER_PORT": "1000", "WORKER_ADDRS": "host-worker-0:1000,host-worker-1:1001"}
    assert told("XGBoost", Master=1, Worker=2) == {
        "master-0": {**common, **workers, "RANK": "0"},
        "worker-0": {**common, **workers, "RANK": "1"},
        "worker-1": {**common, **workers, "RANK": "2"},
    }
    alone = {"MASTER_ADDR": "host-master-0", "MASTER_PORT": "1000", "WORLD_SIZE": "1", "RANK": "0"}
    assert told("XGBoost", Master=1) == {"master-0": alone}


def config(variables: dict[str, str]) -> dict[str, Any]:
    assert set(variables) == {"TF_CONFIG"}
    found: dict[str, Any] = json.loads(variables["TF_CONFIG"])
    return found


@pytest.mark.parametrize(
    ("roles", "cluster"),
    [
        ({"Worker": 1}, {"worker": ["host-worker-0:1000"]}),
        (
            {"Ps": 2, "Worker": 2},
            {
                "ps": ["host-ps-0:1000", "host-ps-1:1001"],
                "worker": ["host-worker-0:1000", "host-worker-1:1001"],
            },
        ),
        (
            {"Chief": 1, "Worker": 1, "Evaluator": 1},
            {"chief": ["host-chief-0:1000"], "worker": ["host-worker-0:1000"]},
        ),
        (
            {"Master": 1, "Ps": 1},
            {"master": ["host-master-0:1000"], "ps": ["host-ps-0:1000"]},
        ),
    ],
)
def test_tensorflow(roles: dict[str, int], cluster: dict[str, list[str]]) -> None:
    found = told("TensorFlow", **roles)
    assert len(found) == sum(roles.values())
    for pod, variables in found.items():
        role, _, index = pod.partition("-")
        task = {"type": role, "index": int(index)}
        assert config(variables) == {"cluster": cluster, "task": task, "environment": "cloud"}
