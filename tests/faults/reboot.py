"""What happens before and after a restart of the machine; prints what is told of it as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from submarine_jupyter import launch
from tests.server.api import Api, experiment, python, wait_until

from .traces import kill_server, processes_of, supervisor_of, written

WORKERS = ("worker-0", "worker-1")
PRINT = python("import time; print('here', flush=True); time.sleep(600)")


def before(data_dir: Path) -> dict[str, str]:
    """Leave two runs behind as a machine does that loses its power: one still waits."""
    api = Api(launch.ensure(data_dir))
    # More than half of the machine.
    memory = psutil.virtual_memory().total * 6 // 10 // 2**20
    spec = experiment(PRINT, Worker=2)
    spec["spec"]["Worker"]["resources"] = f"cpu=0.1,memory={memory // 2}M"
    running = api.create(spec)
    api.wait_for(running, "Running")
    spec["meta"]["cmd"] = "true"
    waiting = api.create(spec)
    wait_until(lambda: api.events(waiting)[-1]["reason"] == "Waiting")
    wait_until(lambda: all(written(data_dir, running, pod) for pod in WORKERS))
    supervisor = supervisor_of(data_dir, running)
    kill_server(data_dir)
    for process in (supervisor, *processes_of(running)):
        process.kill()
    return {"running": running, "waiting": waiting}


def after(data_dir: Path, running: str, waiting: str) -> dict[str, Any]:
    """Return what the first server after the restart says."""
    found = launch.find(data_dir) is not None
    api = Api(launch.ensure(data_dir))
    api.wait_for_end(running)
    told = {
        "found": found,
        "status": api.status(running),
        "end": [api.events(running)[-1][field] for field in ("reason", "message")],
        "pods": [[pod["state"], pod["reason"]] for pod in api.pods(running).values()],
        "lines": api.lines(running),
        "waiting": api.wait_for_end(waiting),
    }
    launch.stop(data_dir)
    return told


if __name__ == "__main__":
    part, directory, *more = sys.argv[1:]
    parts: dict[str, Callable[..., Any]] = {"before": before, "after": after}
    print(json.dumps(parts[part](Path(directory), *more)))
