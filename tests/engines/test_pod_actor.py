"""What is on a node of Ray, without Ray: an actor's process, its supervisor, and the replica."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ..server.api import wait_until
from .test_ray_faults import is_gone, processes_with

pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")

from submarine_jupyter.server.submitters.ray.actor import PodActor

# The worker of an actor, as far as its processes are concerned.
WORKER = """
import asyncio, json, sys
from submarine_jupyter.server.submitters.ray.actor import PodActor
from submarine_jupyter.server.submitters.ray.placement import _supervisor

async def main():
    actor = PodActor("pod", *_supervisor())
    await actor.start(1, json.loads(sys.argv[1]))
    read = b""
    while b"began" not in read:
        read, _ = await actor.read(1, 0, 0, 100, 1.0)
    print(actor._home, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def launch_of(mark: str) -> str:
    plan = {
        "pod": "pod",
        "argv": [None, "-c", f"import time; '{mark}'; print('began', flush=True); time.sleep(600)"],
        "cwd": None,
        "memoryLimit": None,
        "umask": 0o022,
        "nice": 0,
        "retired": False,
        "env": {"SUBMARINE_POD_NAME": "pod"},
    }
    rules = {"drain": 0, "grace": 2, "backoffLimit": 0, "logCap": 1024**2, "cgroups": False}
    launch = {"v": 1, "generation": 1, "deciding": ["pod"], "servants": [], "pods": [plan]}
    return json.dumps({**launch, **rules})


def kill_alone(worker: psutil.Process) -> None:
    worker.kill()


def kill_with_children(worker: psutil.Process) -> None:
    """End a worker as Ray does when its node goes: it kills its children first."""
    for child in worker.children():
        child.kill()
    worker.kill()


@pytest.mark.parametrize("end", [kill_alone, kill_with_children])
def test_nothing_of_a_replica_outlives_its_actor(
    end: Callable[[psutil.Process], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mark = f"submarine-test-{tmp_path}"
    command = [sys.executable, "-c", WORKER, launch_of(mark)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        home = worker.stdout.readline().strip()
        replicas = [one for one in processes_with(mark) if one.pid != worker.pid]
        supervisors = processes_with(f"{home}/1")
        assert (len(replicas), len(supervisors)) == (1, 1)
        end(psutil.Process(worker.pid))
        wait_until(lambda: all(map(is_gone, replicas + supervisors)))


def test_code_is_whole_when_two_drivers_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before this one may have been killed when all had come, and was not unpacked."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    checkout = tmp_path / "current"
    checkout.mkdir()
    (checkout / "train.py").write_text("print(1)")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(checkout, arcname="current")

    async def bring() -> str:
        actor = PodActor("pod", {}, "")
        for _ in range(2):
            await actor.take_code(0, packed.getvalue())
            await actor.unpack_code()
        return await actor.code()

    code = Path(asyncio.run(bring()))
    assert [path.name for path in code.rglob("*")] == ["current", "train.py"]
    assert (code / "current" / "train.py").read_text() == "print(1)"
