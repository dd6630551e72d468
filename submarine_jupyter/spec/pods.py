"""Names and order of the pods of an experiment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import ExperimentSpec

# The pod that people look at first stands first; a chief or master is one where there is one.
ROLE_ORDER = ("Chief", "Master", "Ps", "Evaluator", "Worker")


@dataclass(frozen=True)
class Pod:
    """One replica of a role.

    Attributes
    ----------
    name
        `<experimentId>-<role in lower case>-<index>`.
    role
        As in the spec (`Worker`).
    index
        From 0.
    """

    name: str
    role: str
    index: int


def pod_name(experiment_id: str, role: str, index: int) -> str:
    """Return the name of a pod as the training operators make it."""
    return f"{experiment_id}-{role.lower()}-{index}"


def pods_of(experiment_id: str, spec: ExperimentSpec) -> list[Pod]:
    """Return every pod of an experiment, in order."""
    return in_order(
        Pod(pod_name(experiment_id, role, index), role, index)
        for role, task in spec.spec.items()
        for index in range(task.replica_count)
    )


def in_order(pods: Iterable[Pod]) -> list[Pod]:
    """Return pods as they are shown: chief, master, ps, evaluator, then workers, by number."""
    return sorted(pods, key=lambda pod: (ROLE_ORDER.index(pod.role), pod.index))


def deciding_pods(pods: list[Pod]) -> list[Pod]:
    """Return the pods whose success is the experiment's: chief, else master, else all workers.

    An experiment that has none of them is decided by all its pods.
    """
    for role in ("Chief", "Master", "Worker"):
        found = [pod for pod in pods if pod.role == role]
        if found:
            return found
    return pods
