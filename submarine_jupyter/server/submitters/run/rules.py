"""What holds for runs on every engine: the server's settings, and what a spec asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....spec import ExperimentSpec
from ....spec.pods import pods_of
from .files import ExperimentFiles

SERVANTS = ("Ps", "Evaluator")
MEMORY_OVERCOMMIT = 2
"""A replica may take so many times the memory that it asks for, as Apache Submarine has it."""


@dataclass(frozen=True)
class Rules:
    """The server's settings for how runs go and end.

    Attributes
    ----------
    drain
        Seconds for which other workers may go on once the deciding ones have succeeded.
    grace
        Seconds that a replica has from SIGTERM to SIGKILL.
    backoff_limit
        How often replicas of one experiment that fail are started again, in all.
    log_cap
        Bytes that are kept of a pod's log: its newest.
    cgroups
        Whether replicas get control groups where that is possible.
    """

    drain: float = 30.0
    grace: float = 10.0
    backoff_limit: int = 0
    log_cap: int = 1024**3
    cgroups: bool = True

    def to_launch(self) -> dict[str, Any]:
        """Return what the supervisor goes by."""
        return {
            "drain": self.drain,
            "grace": self.grace,
            "backoffLimit": self.backoff_limit,
            "logCap": self.log_cap,
            "cgroups": self.cgroups,
        }


def has_pods_of(launch: Mapping[str, Any], spec: ExperimentSpec, files: ExperimentFiles) -> bool:
    """Whether a launch has the replicas that a spec asks for."""
    have = {
        plan["pod"] for plan in launch["pods"] if not plan["retired"] and plan["role"] in spec.spec
    }
    return have == {pod.name for pod in pods_of(files.experiment_id, spec)}
