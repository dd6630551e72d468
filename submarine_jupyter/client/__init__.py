"""The Python client: `ExperimentClient`, and the `Experiment` handle it gives.

Loaded lazily, so that registering a display hook (`client.display`) costs no HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import ExperimentClient
    from .experiment import Experiment, LogLine

__all__ = ["Experiment", "ExperimentClient", "LogLine"]

_HOMES = {"Experiment": "experiment", "ExperimentClient": "client", "LogLine": "experiment"}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
