"""The environment variables by which the replicas of an experiment find each other.

One function for every engine; the rules are those of the Kubernetes training operator 1.9.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ...spec.frameworks import framework
from ...spec.pods import Pod

Address = tuple[str, int]
"""Host and port on which a replica may listen."""


def cluster_env(
    framework_name: str, pod: Pod, pods: Sequence[Pod], addresses: Mapping[str, Address]
) -> dict[str, str]:
    """Return the variables that tell one replica of the others.

    Parameters
    ----------
    framework_name
        In any case; decides which variables are set.
    pod, pods
        The replica, and all replicas of the experiment.
    addresses
        Of every pod, by its name.
    """
    known = framework(framework_name)
    if known is not None and known.name == "TensorFlow":
        return {"TF_CONFIG": _tf_config(pod, pods, addresses)}
    return _rendezvous(pod, pods, addresses, xgboost=known is not None and known.name == "XGBoost")


def _tf_config(pod: Pod, pods: Sequence[Pod], addresses: Mapping[str, Address]) -> str:
    cluster: dict[str, list[str]] = {}
    for other in pods:
        # An evaluator is no part of the training cluster.
        if other.role != "Evaluator":
            cluster.setdefault(other.role.lower(), []).append(_join(addresses[other.name]))
    task = {"type": pod.role.lower(), "index": pod.index}
    return json.dumps({"cluster": cluster, "task": task, "environment": "cloud"})


def _rendezvous(
    pod: Pod, pods: Sequence[Pod], addresses: Mapping[str, Address], *, xgboost: bool
) -> dict[str, str]:
    # Rank 0 is the master, or the first worker where there is none.
    ranked = sorted(pods, key=lambda other: (other.role != "Master", other.index))
    host, port = addresses[ranked[0].name]
    rank, size = str(ranked.index(pod)), str(len(ranked))
    variables = {
        "MASTER_ADDR": host,
        "MASTER_PORT": str(port),
        "RANK": rank,
        "WORLD_SIZE": size,
    }
    if not xgboost:
        # What torchrun takes its options from.
        place = {"PET_MASTER_ADDR": host, "PET_MASTER_PORT": str(port)}
        return variables | place | {"PET_NODE_RANK": rank, "PET_NNODES": size}
    workers = [addresses[other.name] for other in ranked if other.role == "Worker"]
    if workers:
        variables["WORKER_PORT"] = str(workers[0][1])
        variables["WORKER_ADDRS"] = ",".join(_join(address) for address in workers)
    return variables


def _join(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
