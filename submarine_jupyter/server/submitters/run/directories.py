"""The directories of a submitter's experiments, and how one of them goes."""

from __future__ import annotations

import json
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from ....datadir import make_private, write_private
from .files import ExperimentFiles

_ASIDE = ".deleted-"


class ExperimentDirectories:
    """One directory an experiment.

    Parameters
    ----------
    root
        That they are in.
    """

    def __init__(self, root: Path) -> None:
        self.root = make_private(root)

    def of(self, experiment_id: str) -> ExperimentFiles:
        """Return the files of an experiment; ValueError for an id that could leave the root."""
        return ExperimentFiles.of(self.root, experiment_id)

    def request_stop(self, experiment_id: str, reason: str, message: str, grace: float) -> None:
        """Leave a request that whoever looks after the run finds within a tick."""
        files = self.of(experiment_id)
        make_private(files.directory)
        request = {"reason": reason, "message": message, "grace": grace}
        write_private(files.stop, json.dumps(request))

    def put_aside(self, experiment_id: str) -> None:
        """Remove an experiment's files; its directory stays, empty and renamed, until `forget`."""
        aside = self._aside(experiment_id)
        directory = self.of(experiment_id).directory
        if directory.exists():
            directory.rename(aside)
        # Before anybody forgets the experiment: on a full disk that takes the room this gives.
        _empty(aside)

    def forget(self, experiment_id: str) -> None:
        """Remove what is left of a directory that was put aside."""
        shutil.rmtree(self._aside(experiment_id), ignore_errors=True)

    def half_deleted(self) -> list[str]:
        """Return the experiments whose directory was put aside and is still there."""
        return [
            entry.name.removeprefix(_ASIDE)
            for entry in os.scandir(self.root)
            if entry.name.startswith(_ASIDE)
        ]

    def _aside(self, experiment_id: str) -> Path:
        directory = self.of(experiment_id).directory
        return directory.with_name(_ASIDE + directory.name)


def _empty(directory: Path) -> None:
    with suppress(FileNotFoundError):
        for entry in list(os.scandir(directory)):
            if entry.is_dir(follow_symlinks=False):
                _remove_tree(entry.path)
            else:
                Path(entry.path).unlink()


def _remove_tree(directory: str) -> None:
    try:
        shutil.rmtree(directory)
    except PermissionError:
        # Such as git-annex and Go make them: directories that nobody may change.
        _make_writable(directory)
        shutil.rmtree(directory)


def _make_writable(directory: str) -> None:
    Path(directory).chmod(stat.S_IRWXU)
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            _make_writable(entry.path)
