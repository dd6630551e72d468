"""The types of the Submarine Experiment API: models, resources, statuses, loading. No I/O."""

from __future__ import annotations

from .models import (
    CodeSpec,
    Envelope,
    EnvironmentSpec,
    Experiment,
    ExperimentLog,
    ExperimentMeta,
    ExperimentSpec,
    ExperimentTaskSpec,
    GitCodeSpec,
    KernelSpec,
    PodLog,
)
from .status import Status

__all__ = [
    "CodeSpec",
    "Envelope",
    "EnvironmentSpec",
    "Experiment",
    "ExperimentLog",
    "ExperimentMeta",
    "ExperimentSpec",
    "ExperimentTaskSpec",
    "GitCodeSpec",
    "KernelSpec",
    "PodLog",
    "Status",
]
