"""What an engine must do to run experiments.

A submitter takes and gives values, never handles; it knows experiments by their id alone, and each
of its calls may be repeated. It reports what it sees; statuses are the service's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from ...spec import ExperimentSpec, Status


class PodState(str, Enum):
    """What a pod is doing."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True)
class PodReport:
    """What is known of one pod; times in seconds since 1970.

    Attributes
    ----------
    exit_code
        Of its main process, once that has ended by itself or was ended.
    signal
        Name of the signal that ended it (`SIGKILL`), else None.
    stopped_by
        Why it was ended, when it was: `policy`, `stop`, `failure`, `interrupt`.
    log_size
        Final length of the log in bytes, once its whole process tree is gone.
    """

    name: str
    role: str
    index: int
    attempt: int = 1
    state: PodState = PodState.PENDING
    started: float | None = None
    finished: float | None = None
    exit_code: int | None = None
    signal: str | None = None
    stopped_by: str | None = None
    reason: str | None = None
    message: str | None = None
    log_size: int | None = None


@dataclass(frozen=True)
class End:
    """How a run ended: `Succeeded`, or `Failed` with a reason in one word and one sentence."""

    status: Status
    time: float
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Report:
    """What is known of an experiment's run.

    Attributes
    ----------
    created
        When the engine had taken it, seconds since 1970.
    pods
        Every pod, in the order in which they are shown.
    end
        Set once everything of the run is gone and its logs are final.
    """

    created: float | None = None
    pods: Sequence[PodReport] = field(default_factory=tuple)
    end: End | None = None


class Submitter(ABC):
    """An engine."""

    name: str

    @abstractmethod
    def plan(self, experiment_id: str, spec: ExperimentSpec) -> dict[str, Any]:
        """Return what `submit` would do, JSON-ready: pods, commands, and what it will ignore."""

    @abstractmethod
    def submit(self, experiment_id: str, spec: ExperimentSpec) -> None:
        """Start an experiment; does nothing when that was done before."""

    @abstractmethod
    def observe(self, experiment_id: str) -> Report:
        """Return what is known of a submitted experiment's run."""

    @abstractmethod
    def stop(self, experiment_id: str, reason: str, message: str) -> None:
        """Ask a run to end; its logs stay."""

    @abstractmethod
    def delete(self, experiment_id: str) -> None:
        """End every process of a run and remove its files."""

    @abstractmethod
    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file that holds a pod's output; it may not exist yet."""

    @abstractmethod
    def output_directory(self, experiment_id: str) -> Path:
        """Return the directory of the files the run wrote; it may not exist yet."""
