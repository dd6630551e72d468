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

from ...spec import EnvironmentSpec, ExperimentSpec, Status
from ...spec.code import Credentials


@dataclass(frozen=True)
class Inputs:
    """What a run needs and its spec does not hold.

    Attributes
    ----------
    environment
        The environment that the spec names, as it was when the spec was taken.
    credentials
        Those of the repository.
    keeps_credentials
        Whether those that were kept before go on to be kept.
    """

    environment: EnvironmentSpec | None = None
    credentials: Credentials | None = None
    keeps_credentials: bool = False


NOTHING_MORE = Inputs()


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
        Why it was ended, when it was: `policy`, `stop`, `failure`, `interrupt`, `scale`.
    log_first
        Offset of the oldest byte of the log that is kept.
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
    log_first: int = 0
    log_size: int | None = None


@dataclass(frozen=True)
class Happening:
    """Something of the timeline that happened in a run; see `store.Event`."""

    time: float
    kind: str
    reason: str
    message: str
    pod: str | None = None


@dataclass(frozen=True)
class End:
    """How a run ended.

    Attributes
    ----------
    status
        `Succeeded` or `Failed`.
    reason, message
        Why it failed, in one word and in one sentence.
    pod
        The pod that made it fail, where it was one.
    evidence
        The last lines of what made it fail, where that was none.
    """

    status: Status
    time: float
    reason: str | None = None
    message: str | None = None
    pod: str | None = None
    evidence: str = ""


@dataclass(frozen=True)
class Report:
    """What is known of an experiment's run.

    Attributes
    ----------
    created
        When the engine had taken it, seconds since 1970.
    pods
        Every pod, in the order in which they are shown.
    happened
        What the timeline tells of the pods.
    end
        Set once everything of the run is gone and its logs are final.
    """

    created: float | None = None
    pods: Sequence[PodReport] = field(default_factory=tuple)
    happened: Sequence[Happening] = field(default_factory=tuple)
    end: End | None = None


@dataclass(frozen=True)
class VirtualEnvironment:
    """An environment that was made for runs.

    Attributes
    ----------
    key
        Made of what is in it.
    packages
        What was asked for.
    size
        Bytes on the disk.
    is_ready, is_used
        Whether it is whole, and whether a run uses or makes it.
    """

    key: str
    packages: Sequence[str]
    size: int
    is_ready: bool
    is_used: bool


@dataclass(frozen=True)
class Finding:
    """Whether the ground of an engine has something that experiments need.

    Attributes
    ----------
    subject, said
        What was looked at, and what was found.
    remedy
        What to apply where it fails, a text of its own.
    """

    subject: str
    said: str
    is_good: bool = False
    remedy: str = ""


class Submitter(ABC):
    """An engine."""

    name: str

    @abstractmethod
    def plan(
        self, experiment_id: str, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE
    ) -> dict[str, Any]:
        """Return what `submit` would do, JSON-ready: pods, commands, and what it will ignore."""

    @abstractmethod
    def check(self, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE) -> None:
        """Raise SpecError for what this engine could never run."""

    def examine(self) -> list[Finding]:
        """Return whether all is there that experiments need, as far as one can ask for that."""
        return []

    @abstractmethod
    def keep(self, experiment_id: str, inputs: Inputs) -> None:
        """Keep what a run needs beyond its spec, for `submit`; nobody else is to see it."""

    @abstractmethod
    def drop_credentials(self, experiment_id: str) -> None:
        """Remove the credentials that were kept: the run is over, whether it used them or not."""

    @abstractmethod
    def has(self, experiment_id: str) -> bool:
        """Whether an experiment was submitted before, if only half."""

    @abstractmethod
    def recover(self, experiment_ids: Sequence[str]) -> None:
        """Learn again what unfinished experiments take, before the first new one is admitted."""

    @abstractmethod
    def obstacle(self, experiment_id: str, spec: ExperimentSpec) -> str | None:
        """Return what keeps an experiment waiting (`waits for …`), or None.

        For one that runs it is what keeps it from becoming as its changed spec asks.
        """

    def too_large(self, spec: ExperimentSpec) -> str | None:  # noqa: ARG002 - a cluster may grow
        """Return why there will never be room for an experiment, however long it waits, or None."""
        return None

    @abstractmethod
    def submit(self, experiment_id: str, spec: ExperimentSpec, since: float = 0.0) -> None:
        """Start an experiment; does nothing when that was done before.

        Parameters
        ----------
        since
            What the submitter reports of it has no time before this one: somebody may have set the
            clock back.
        """

    @abstractmethod
    def scale(self, experiment_id: str, spec: ExperimentSpec) -> None:
        """Give a run the replicas of a changed spec; does nothing when it has them.

        Roles that the spec leaves out go on. What else has changed counts for pods started later.
        """

    @abstractmethod
    def observe(self, experiment_id: str) -> Report:
        """Return what is known of a submitted experiment's run."""

    @abstractmethod
    def stop(self, experiment_id: str, reason: str, message: str) -> None:
        """Ask a run to end; its logs stay."""

    @abstractmethod
    def delete(self, experiment_id: str) -> None:
        """End every process of a run and put what it left aside."""

    @abstractmethod
    def forget(self, experiment_id: str) -> None:
        """Remove what `delete` has put aside."""

    @abstractmethod
    def half_deleted(self) -> list[str]:
        """Return the experiments that were deleted and not forgotten."""

    def virtual_environments(self) -> list[VirtualEnvironment]:
        """Return the environments that were made for runs, where they are made here."""
        return []

    def prune(self) -> list[VirtualEnvironment]:
        """Remove the environments that no run uses; return them."""
        return []

    @abstractmethod
    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file that holds a pod's output; it may not exist yet."""

    @abstractmethod
    def output_directory(self, experiment_id: str) -> Path:
        """Return the directory of the files the run wrote; it may not exist yet."""

    def close(self) -> None:  # noqa: B027 - there is nothing to let go of by default
        """Let go of what the server holds; runs go on."""
