"""What is killed around a run on Ray, and what becomes of the run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from submarine_jupyter import launch

from ..server.api import Api, experiment, python, wait_until
from .cluster import ray_cluster

# Each waits for Ray more than once.
pytestmark = pytest.mark.timeout(400)

PATIENCE = 120.0
LINES = 300
COUNT = python(f"import time; [print(n, flush=True) or time.sleep(0.03) for n in range({LINES})]")
LEAVE = python(
    "import signal, sys, time\n"
    "def leave(*_): print('asked', flush=True); time.sleep(5); print('saved'); sys.exit()\n"
    "signal.signal(signal.SIGTERM, leave)\n"
    "print('began', flush=True)\n"
    "time.sleep(600)"
)
STAY = python("import time; print('began', flush=True); time.sleep(600)")


@pytest.fixture
def address(cluster: Any) -> str:
    return str(cluster.address)


def start_server(data_dir: Path, address: str, *options: str) -> Api:
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
    command += ["--data-dir", str(data_dir), "--submitter", "ray", "--ray-address", address]
    command += ["--allow-code", "http", *options]
    subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until(lambda: launch.find(data_dir) is not None, PATIENCE)
    server = launch.find(data_dir)
    assert server is not None
    return Api(server)


@pytest.fixture
def api(data_dir: Path, address: str) -> Api:
    return start_server(data_dir, address)


def driver_of(api: Api) -> psutil.Process | None:
    for child in psutil.Process(api.server.pid).children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if any(word.endswith("ray.driver") for word in child.cmdline()):
                return child
    return None


def running(api: Api, cmd: str, workers: int = 2) -> str:
    identity = api.create(experiment(cmd, Worker=workers))
    wait_until(lambda: all(api.lines(identity).values()), PATIENCE)
    return identity


def reason(api: Api, identity: str) -> str:
    """Return why a run has failed, once it has."""
    wait_until(lambda: api.status(identity) == "Failed", PATIENCE)
    return str([event for event in api.events(identity) if event["kind"] == "status"][-1]["reason"])


def check_lines(api: Api, identity: str) -> None:
    wait_until(lambda: api.status(identity) == "Succeeded", PATIENCE)
    numbers = [str(number) for number in range(LINES)]
    assert api.lines(identity) == {"worker-0": numbers, "worker-1": numbers}
    starts = [event["pod"] for event in api.events(identity) if event["reason"] == "Started"]
    assert len(starts) == len(set(starts)) == 2


def test_a_killed_driver_loses_and_repeats_no_line(api: Api) -> None:
    identity = running(api, COUNT)
    driver = driver_of(api)
    assert driver is not None
    driver.kill()
    wait_until(lambda: (driver_of(api) or driver).pid != driver.pid, PATIENCE)
    check_lines(api, identity)


def test_a_driver_killed_at_a_stop_leaves_the_replica_its_time(api: Api) -> None:
    identity = running(api, LEAVE, 1)
    api.result("POST", f"api/v1/experiment/{identity}/stop")
    wait_until(lambda: "asked" in api.lines(identity)["worker-0"], PATIENCE)
    driver = driver_of(api)
    assert driver is not None
    driver.kill()
    assert reason(api, identity) == "Stopped"
    assert api.lines(identity) == {"worker-0": ["began", "asked", "saved"]}


def test_a_driver_killed_at_fetching_code_leaves_it_to_the_next(api: Api, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/project.git"
        code = {"syncMode": "git", "git": {"url": url, "username": "me", "password": "pearl"}}
        identity = api.create(experiment("cat /code/current/train.py") | {"code": code})
        wait_until(lambda: bool(clones_of(url)), PATIENCE)
        before = clones_of(url)
        driver = driver_of(api)
        assert driver is not None
        driver.kill()
        wait_until(lambda: bool(set(clones_of(url)) - set(before)), PATIENCE)
        wait_until(lambda: all(map(is_gone, before)))
        kept = data_dir / "experiments" / identity / "credentials.json"
        assert kept.exists()
        assert api.status(identity) == "Accepted"
        api.result("POST", f"api/v1/experiment/{identity}/stop")
        assert reason(api, identity) == "Stopped"
        wait_until(lambda: not processes_with(url) and not kept.exists())
    said = [one["message"] for one in api.events(identity) if one["reason"] == "Preparing"]
    assert said == [f"fetching the code of {url}, branch main"]


def test_a_stop_does_not_wait_for_an_environment(api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/slow-1.0-py3-none-any.whl"
        kernel = {"name": "k", "pipDependencies": [f"slow @ {url}"]}
        api.result("POST", "api/v1/environment", json={"name": "slow", "kernelSpec": kernel})
        identity = api.create(experiment("true") | {"environment": {"name": "slow"}})
        silent.settimeout(PATIENCE)
        asked, _ = silent.accept()
        with asked:
            api.result("POST", f"api/v1/experiment/{identity}/stop")
            assert reason(api, identity) == "Stopped"


def test_a_stop_ends_what_has_hardly_begun(api: Api) -> None:
    identity = api.create(experiment(STAY))
    wait_until(lambda: "Started" in {event["reason"] for event in api.events(identity)}, PATIENCE)
    api.result("POST", f"api/v1/experiment/{identity}/stop")
    assert reason(api, identity) == "Stopped"
    assert api.pods(identity)["worker-0"]["state"] == "Stopped"


def test_a_killed_server_finds_its_runs_again(api: Api, data_dir: Path, address: str) -> None:
    identity = running(api, COUNT)
    waiting = api.create(experiment(python("print('later')"), Worker=1))
    server = psutil.Process(api.server.pid)
    server.kill()
    server.wait()
    again = start_server(data_dir, address)
    check_lines(again, identity)
    wait_until(lambda: again.status(waiting) == "Succeeded", PATIENCE)
    assert again.lines(waiting) == {"worker-0": ["later"]}


def test_a_killed_actor_fails_its_run_and_leaves_no_process(api: Api) -> None:
    mark = f"submarine-test-{os.getpid()}"
    stay = python(f"import time; '{mark}'; print('began', flush=True); time.sleep(600)")
    identity = running(api, stay)
    victims = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any("PodActor" in word for word in process.info["cmdline"] or [])
    ]
    assert victims, "Ray names the processes of its actors"
    for victim in victims:
        victim.kill()
    assert reason(api, identity) == "ReplicaLost"
    assert api.lines(identity)["worker-0"] == ["began"]
    wait_until(lambda: not processes_with(mark))
    (said, _) = [one["message"] for one in api.events(identity) if one["reason"] == "FilesLost"]
    assert said == "what it wrote could not be brought from its node: Ray does not reach it"


@pytest.mark.long
def test_the_next_driver_does_not_say_again_that_an_environment_is_ready(api: Api) -> None:
    kernel = {"name": "k", "pipDependencies": ["lacking==1.0"]}
    api.result("POST", "api/v1/environment", json={"name": "lab", "kernelSpec": kernel})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/project.git"
        code = {"syncMode": "git", "git": {"url": url}}
        identity = api.create(experiment("true") | {"code": code, "environment": {"name": "lab"}})
        wait_until(lambda: bool(clones_of(url)), 3 * PATIENCE)
        before = clones_of(url)
        driver = driver_of(api)
        assert driver is not None
        driver.kill()
        wait_until(lambda: bool(set(clones_of(url)) - set(before)), PATIENCE)
        api.result("POST", f"api/v1/experiment/{identity}/stop")
        assert reason(api, identity) == "Stopped"
    said = [one["message"] for one in api.events(identity) if one["reason"] == "Preparing"]
    begun, ready, fetching = said
    assert begun == "preparing the environment lab: lacking==1.0"
    assert ready.startswith("the environment lab is ready after ")
    assert fetching == f"fetching the code of {url}, branch main"


@pytest.mark.long
def test_a_pod_whose_supervisor_is_killed_is_lost_and_started_again(
    data_dir: Path, address: str
) -> None:
    api = start_server(data_dir, address, "--backoff-limit", "1")
    mark = f"submarine-test-{data_dir}"
    stay = python(f"import time; '{mark}'; print('began', flush=True); time.sleep(600)")
    identity = api.create(experiment(stay))
    lost: set[psutil.Process] = set()
    for _ in range(2):
        wait_until(lambda: bool(set(processes_with(mark)) - lost), PATIENCE)
        (replica,) = set(processes_with(mark)) - lost
        supervisor = replica.parent()
        assert supervisor is not None
        supervisor.kill()
        wait_until(partial(is_gone, replica), PATIENCE)
        lost.add(replica)
    assert reason(api, identity) == "ReplicaLost"
    said = (
        "worker-0 was lost: its supervisor was killed; 1 of its processes still ran and were ended"
    )
    assert api.events(identity)[-1]["message"] == said


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended, also when nobody has asked how."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def processes_with(mark: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(mark in word for word in process.info["cmdline"] or [])
        and process.pid != os.getpid()
    ]


def clones_of(url: str) -> list[psutil.Process]:
    """Return the programs that fetch a repository, without those that they start for that."""
    found = []
    for process in processes_with(url):
        with suppress(psutil.Error):
            if "clone" in process.cmdline():
                found.append(process)
    return found


@pytest.fixture(scope="module")
def breakable() -> Iterator[Any]:
    """Yield a cluster that a test may break."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    with ray_cluster() as started:
        yield started


@pytest.mark.long
def test_a_lost_node_fails_its_run(data_dir: Path, breakable: Any) -> None:
    api = start_server(data_dir, breakable.address)
    spec = experiment(STAY, Worker=2)
    # Each of them fills a node, so one of them is on the node that is lost.
    spec["spec"]["Worker"]["resources"] = "cpu=3,memory=64M"
    identity = api.create(spec)
    wait_until(lambda: all(api.lines(identity).values()), PATIENCE)
    (node,) = breakable.worker_nodes
    node.kill_raylet()
    assert reason(api, identity) == "NodeLost"
    assert api.lines(identity) == {"worker-0": ["began"], "worker-1": ["began"]}


@pytest.mark.long
def test_a_lost_head_fails_what_ran_and_keeps_what_waits(data_dir: Path, breakable: Any) -> None:
    api = start_server(data_dir, breakable.address)
    identity = running(api, STAY, 1)
    (head,) = breakable.head_node.all_processes["gcs_server"]
    head.process.send_signal(signal.SIGKILL)
    assert reason(api, identity) == "ClusterLost"
    assert api.lines(identity) == {"worker-0": ["began"]}
    waiting = api.create(experiment(STAY, Worker=1))
    wait_until(lambda: "Ray" in api.events(waiting)[-1]["message"], PATIENCE)
    assert api.status(waiting) == "Accepted"
    api.result("DELETE", f"api/v1/experiment/{waiting}")
