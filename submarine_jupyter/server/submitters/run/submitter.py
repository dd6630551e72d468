"""What every submitter does alike whose runs are directories of files."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from ....spec import Status
from ..base import Submitter
from .directories import ExperimentDirectories
from .rules import Rules

_DELETE_GRACE = 2.0
_POLL = 0.01


class RunSubmitter(Submitter):
    """A submitter that keeps what it knows of a run in the files of `run.files`.

    Parameters
    ----------
    root
        Directory that holds one directory an experiment.
    rules
        How runs go and end.
    """

    def __init__(self, root: Path, rules: Rules | None = None) -> None:
        self._directories = ExperimentDirectories(root)
        self._rules = rules or Rules()

    def drop_credentials(self, experiment_id: str) -> None:
        """Remove their file."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self._directories.of(experiment_id).credentials.unlink()

    def has(self, experiment_id: str) -> bool:
        """Whether there is a launch."""
        return self._directories.of(experiment_id).launch.exists()

    def stop(self, experiment_id: str, reason: str, message: str) -> None:
        """Leave a request that whoever looks after the run finds within a tick."""
        self._directories.request_stop(experiment_id, reason, message, self._rules.grace)

    def forget(self, experiment_id: str) -> None:
        """Remove what is left of a deleted experiment's directory."""
        self._directories.forget(experiment_id)

    def half_deleted(self) -> list[str]:
        """Return the experiments whose directory was put aside and is still there."""
        return self._directories.half_deleted()

    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file that holds a replica's output."""
        return self._directories.of(experiment_id).log(pod, attempt)

    def output_directory(self, experiment_id: str) -> Path:
        """Return the directory of the files the run wrote."""
        return self._directories.of(experiment_id).output

    def _has_ended_for_deletion(self, experiment_id: str, patience: float) -> bool:
        """Ask a run to end, and return whether it has within so many seconds."""
        deadline = time.monotonic() + patience
        said = (Status.DELETED.value, "it was deleted")
        self._directories.request_stop(experiment_id, *said, _DELETE_GRACE)
        while self.observe(experiment_id).end is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True
