"""What runs leave on the machine, seen from outside: files, processes, control groups."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil

from submarine_jupyter import launch
from submarine_jupyter.server.submitters.local.remains import end_by_force
from submarine_jupyter.server.submitters.run.files import ExperimentFiles, Facts
from tests.server.api import wait_until


def files_of(data_dir: Path, identity: str) -> ExperimentFiles:
    """Return the paths of an experiment's files."""
    return ExperimentFiles.of(data_dir / "experiments", identity)


def facts_of(data_dir: Path, identity: str) -> list[dict[str, Any]]:
    """Return everything its journal says."""
    return Facts(files_of(data_dir, identity).facts).news()


def directories_of(data_dir: Path, identity: str) -> list[Path]:
    """Return what there is of an experiment's directory, under whatever name."""
    return list((data_dir / "experiments").glob(f"*{identity}*"))


def written(data_dir: Path, identity: str, pod: str = "worker-0") -> list[str]:
    """Return the lines in the log of a pod, as they lie on the disk."""
    log = files_of(data_dir, identity).log(f"{identity}-{pod}", 1)
    return log.read_text().splitlines() if log.exists() else []


def supervisor_of(data_dir: Path, identity: str) -> psutil.Process:
    """Return the supervisor's process."""
    first = facts_of(data_dir, identity)[0]
    assert first["fact"] == "supervisor"
    return psutil.Process(first["pid"])


def processes_of(*identities: str) -> list[psutil.Process]:
    """Return the processes of runs, wherever they have gone."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("JOB_ID") in identities
    ]


def control_groups_of(identity: str) -> list[Path]:
    """Return the control groups of a run."""
    return [
        Path(parent, name)
        for parent, names, _ in os.walk("/sys/fs/cgroup")
        for name in names
        if name.startswith(f"submarine-{identity}")
    ]


def end_runs(directory: Path) -> None:
    """End all runs of the data directories below one."""
    for run in directory.rglob("experiments/experiment-*"):
        end_by_force(ExperimentFiles(run))


def has_ended(process: psutil.Process) -> bool:
    """Whether a process runs no more."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(process: psutil.Process) -> None:
    """End a process as a crash would, and wait until it is gone."""
    process.kill()
    wait_until(lambda: has_ended(process))


def kill_server(data_dir: Path) -> None:
    """End the server of a data directory as a crash would, if there is one."""
    server = launch.find(data_dir)
    if server is not None:
        kill(psutil.Process(server.pid))
        assert launch.find(data_dir) is None
