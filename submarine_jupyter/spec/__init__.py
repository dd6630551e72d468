"""The types of the Submarine Experiment API, and how they are read from files and cells. No I/O.

Loaded lazily, so that flags and rules can be had without the models' library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import (
        CodeSpec,
        Envelope,
        Environment,
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
    "Environment",
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


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name in __all__:
        home = "status" if name == "Status" else "models"
        return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
