"""What is on a node of Ray, without Ray: an actor's process, its supervisor, and the replica."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import IO

import psutil
import pytest

from ..server.api import wait_until
from .test_ray_faults import is_gone, processes_with

pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")

from submarine_jupyter.server.submitters.ray.actor import PodActor
from submarine_jupyter.server.submitters.run.journal import read_fact

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
    told = 0
    while True:
        _, facts = await actor.read(1, len(read), told, 10000, 1.0)
        told += len(facts)
        print(facts.decode(), end="", flush=True)

asyncio.run(main())
"""


# It leaves a process behind that has left its session.
STAY = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', {leave!r}, {mark!r}]); "
    "print('began', flush=True); time.sleep(600)"
)
LEAVE = "import os, time; os.setsid(); time.sleep(600)"


def launch_of(mark: str, memory_limit: int | None = None) -> str:
    plan = {
        "pod": "pod",
        "argv": [None, "-c", STAY.format(leave=LEAVE, mark=mark)],
        "cwd": None,
        "memoryLimit": memory_limit,
        "umask": 0o022,
        "nice": 0,
        "retired": False,
        "env": {"SUBMARINE_POD_NAME": "pod"},
    }
    rules = {"drain": 0, "grace": 2, "backoffLimit": 0, "logCap": 1024**2, "cgroups": True}
    launch = {"v": 1, "generation": 1, "deciding": ["pod"], "servants": [], "pods": [plan]}
    return json.dumps({**launch, **rules})


@dataclass
class Worker:
    """A process of Ray that has an actor, and what that has started.

    Attributes
    ----------
    output
        The facts that it reads, as they come.
    """

    process: psutil.Process
    supervisor: psutil.Process
    replicas: list[psutil.Process]
    output: IO[str]


def kill_alone(worker: psutil.Process) -> None:
    worker.kill()


def kill_with_children(worker: psutil.Process) -> None:
    """End a worker as Ray does when its node goes: it kills its children first."""
    for child in worker.children():
        child.kill()
    worker.kill()


@contextmanager
def worker_of(launch: str, mark: str) -> Iterator[Worker]:
    """Yield the worker of an actor whose pod runs."""
    command = [sys.executable, "-c", WORKER, launch]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        home = started.stdout.readline().strip()
        wait_until(lambda: len(processes_with(mark)) == 3)
        replicas = [one for one in processes_with(mark) if one.pid != started.pid]
        (supervisor,) = processes_with(f"{home}/1")
        yield Worker(psutil.Process(started.pid), supervisor, replicas, started.stdout)
        started.kill()
        wait_until(lambda: all(map(is_gone, [*replicas, supervisor])))


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return f"submarine-test-{tmp_path}"


@pytest.mark.parametrize("end", [kill_alone, kill_with_children])
def test_nothing_of_a_replica_outlives_its_actor(
    end: Callable[[psutil.Process], None], mark: str
) -> None:
    with worker_of(launch_of(mark), mark) as worker:
        end(worker.process)
        wait_until(lambda: all(map(is_gone, [*worker.replicas, worker.supervisor])))


@pytest.mark.parametrize("memory_limit", [None, 1024**3])
def test_the_end_of_a_killed_supervisor_is_told(mark: str, memory_limit: int | None) -> None:
    with worker_of(launch_of(mark, memory_limit), mark) as worker:
        worker.supervisor.kill()
        facts = filter(None, (read_fact(line.encode()) for line in worker.output))
        told = {fact["fact"]: fact for fact in takewhile(lambda one: one["fact"] != "end", facts)}
        assert all(map(is_gone, worker.replicas))
    said = "was lost: its supervisor was killed; 2 of its processes still ran and were ended"
    assert (told["exit"]["reason"], told["exit"]["message"]) == ("ReplicaLost", said)
    assert told["gone"]["size"] == len("began\n")
    group = told["start"]["cgroup"]
    assert group is None or not Path(group).exists()


def test_a_supervisor_that_cannot_start_says_why(mark: str) -> None:
    async def read() -> None:
        actor = PodActor("pod", {"supervisor.py": "import nothing_like_it"}, "supervisor.py")
        await actor.start(1, json.loads(launch_of(mark)))
        while True:
            await actor.read(1, 0, 0, 100, 0.1)

    with pytest.raises(ChildProcessError, match="No module named 'nothing_like_it'"):
        asyncio.run(asyncio.wait_for(read(), 30))


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
