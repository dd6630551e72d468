"""The kinds of jobs that the training operator runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....spec.frameworks import framework

GROUP = "kubeflow.org"
VERSION = "v1"
API = f"{GROUP}/{VERSION}"
OPERATOR_VERSION = "v1.9.3"
"""Of the training operator, in what we say of how to install it."""


@dataclass(frozen=True)
class JobKind:
    """One kind.

    Attributes
    ----------
    kind, plural
        As the API names it.
    replicas_key
        The field of the job's spec that holds the replicas.
    container
        The name that the operator wants of the container.
    single
        Roles of which there may be only one replica.
    required
        A role that the operator cannot do without, or None.
    """

    kind: str
    plural: str
    replicas_key: str
    container: str
    single: tuple[str, ...] = ("Master",)
    required: str | None = None

    def replica_type(self, role: str) -> str:
        """Return what the operator calls a role."""
        return "PS" if role == "Ps" else role


KINDS: Mapping[str, JobKind] = {
    "TensorFlow": JobKind("TFJob", "tfjobs", "tfReplicaSpecs", "tensorflow", ("Chief", "Master")),
    "PyTorch": JobKind("PyTorchJob", "pytorchjobs", "pytorchReplicaSpecs", "pytorch"),
    "XGBoost": JobKind(
        "XGBoostJob", "xgboostjobs", "xgbReplicaSpecs", "xgboost", required="Master"
    ),
}


def kind_of(framework_name: str | None) -> JobKind:
    """Return the kind for a framework that a checked spec names, in any case."""
    known = framework(framework_name or "")
    if known is None:
        raise ValueError(f"{framework_name!r} is no framework")
    return KINDS[known.name]


def kind_named(kind: str) -> JobKind:
    """Return the kind that the API calls so."""
    return next(entry for entry in KINDS.values() if entry.kind == kind)
