"""The live records of experiments: status, events, log lines, the end."""

from __future__ import annotations

from .every import AllExperimentsStream
from .experiment import ExperimentStream
from .sharing import SharedReaders

__all__ = ["AllExperimentsStream", "ExperimentStream", "SharedReaders"]
