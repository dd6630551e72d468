"""Metrics out of the logs of runs, while they are written, by a thread that nobody waits for."""

from __future__ import annotations

from .finder import Metrics, waking
from .found import ExperimentMetrics

__all__ = ["ExperimentMetrics", "Metrics", "waking"]
