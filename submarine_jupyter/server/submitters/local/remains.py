"""Ends what a run has left behind, or a run whose supervisor does not do it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from ....errors import ApiError
from ..run.files import ExperimentFiles

_CONTROL_GROUPS = "/sys/fs/cgroup"
_SUPERVISOR = "supervisor/__main__.py"
_MARK = "SUBMARINE_OUTPUT_DIR"
_PATIENCE = 5.0
_POLL = 0.01


def end_by_force(files: ExperimentFiles) -> None:
    """End a run with its supervisor; ApiError when its processes do not end."""
    for supervisor in _supervisors_of(files):
        with suppress(psutil.Error):
            # Suspended it starts nothing more, and whatever the run has started is still below it.
            supervisor.suspend()
            _end_all(partial(_below, supervisor))
            supervisor.kill()
    end_remains(files)


def end_remains(files: ExperimentFiles) -> int:
    """End the processes of a run without a supervisor; return how many they were.

    ApiError when they do not end: the system may not be done with them yet.
    """
    ended = _end_all(partial(_processes_of, files))
    for group in _control_groups_of(files):
        _remove(group)
    return ended


def _end_all(find: Callable[[], Iterable[psutil.Process]]) -> int:
    """Kill processes until no more of them are found; return how many they were."""
    ended: set[psutil.Process] = set()
    deadline = time.monotonic() + _PATIENCE
    while left := set(find()):
        if time.monotonic() > deadline:
            raise ApiError(500, "Its processes have not ended yet; try again.")
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        ended |= left
        time.sleep(_POLL)
    return len(ended)


def _supervisors_of(files: ExperimentFiles) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            *_, program, directory = ["", "", *process.cmdline()]
            if program.endswith(_SUPERVISOR) and directory == str(files.directory):
                yield process


def _processes_of(files: ExperimentFiles) -> Iterator[psutil.Process]:
    """Yield the processes that carry the run's mark, and those that hide it from us."""
    own = str(files.output)
    for process in psutil.process_iter():
        if _mark_of(process) == own:
            yield process
    for group in _control_groups_of(files):
        yield from _members_of(group)


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(_MARK)
    except psutil.Error:
        return None


def _below(supervisor: psutil.Process) -> Iterator[psutil.Process]:
    for process in supervisor.children(recursive=True):
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _control_groups_of(files: ExperimentFiles) -> Iterator[Path]:
    """Yield the run's groups, by their names: it may have been killed before it noted one."""
    for parent, names, _ in os.walk(_CONTROL_GROUPS):
        for name in names:
            group = Path(parent, name)
            # To a copy of the data directory it is the run of another that has this name.
            if name.startswith(f"submarine-{files.experiment_id}-") and not (
                {_mark_of(member) for member in _members_of(group)} - {None, str(files.output)}
            ):
                yield group


def _members_of(group: Path) -> Iterator[psutil.Process]:
    with suppress(OSError):
        for line in (group / "cgroup.procs").read_text(encoding="ascii").split():
            with suppress(psutil.Error):
                yield psutil.Process(int(line))


def _remove(group: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while group.exists() and time.monotonic() < deadline:
        # The kernel takes a moment to be done with a process that was killed.
        with suppress(OSError):
            group.rmdir()
        time.sleep(_POLL)
