"""A Ray cluster of a server's own, whatever of the two is killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

from submarine_jupyter.processes import boot_id

from ..server.api import Api, experiment, python, wait_until
from .test_ray_faults import (
    COUNT,
    PATIENCE,
    STAY,
    check_lines,
    is_gone,
    reason,
    running,
    start_server,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def _needs_ray() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")


def kill(api: Api) -> None:
    server = psutil.Process(api.server.pid)
    server.kill()
    server.wait()


def end(api: Api) -> None:
    server = psutil.Process(api.server.pid)
    server.terminate()
    server.wait(60)


def of_ray(data_dir: Path) -> list[psutil.Process]:
    """Return the processes of the server's own cluster, and of what runs there."""
    token = str(data_dir / "experiments" / ".ray-token")
    marked = set()
    sessions = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            # What runs on the cluster carries the mark too, in sessions of its own.
            if process.environ().get("RAY_AUTH_TOKEN_PATH") == token:
                marked.add(process)
                sessions.add(os.getsid(process.pid))
    # Ray hides the variables of some, which are in the session of the others.
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if process.name().startswith("ray") and os.getsid(process.pid) in sessions:
                marked.add(process)
    return list(marked)


def head_of(data_dir: Path) -> psutil.Process:
    (head,) = (one for one in of_ray(data_dir) if one.name() == "gcs_server")
    return head


def test_the_next_server_goes_on_with_the_head_of_a_killed_one(data_dir: Path) -> None:
    api = start_server(data_dir, "local")
    identity = running(api, COUNT)
    head = head_of(data_dir)
    kill(api)
    again = start_server(data_dir, "local")
    assert head_of(data_dir) == head
    check_lines(again, identity)
    left = of_ray(data_dir)
    assert head in left
    end(again)
    wait_until(lambda: all(map(is_gone, left)), PATIENCE)
    assert not of_ray(data_dir)


def test_a_head_that_was_killed_with_its_server_is_replaced(data_dir: Path) -> None:
    api = start_server(data_dir, "local")
    identity = running(api, STAY)
    before = of_ray(data_dir)
    kill(api)
    head_of(data_dir).kill()
    again = start_server(data_dir, "local")
    assert reason(again, identity) == "ClusterLost"
    assert again.lines(identity) == {"worker-0": ["began"], "worker-1": ["began"]}
    wait_until(lambda: all(map(is_gone, before)), PATIENCE)
    check_it_works(again)
    end(again)
    assert not of_ray(data_dir)


def test_a_head_that_is_killed_is_started_again(data_dir: Path) -> None:
    api = start_server(data_dir, "local")
    identity = running(api, STAY)
    before = of_ray(data_dir)
    head_of(data_dir).kill()
    assert reason(api, identity) == "ClusterLost"
    assert api.lines(identity) == {"worker-0": ["began"], "worker-1": ["began"]}
    check_it_works(api)
    wait_until(lambda: all(map(is_gone, before)), PATIENCE)
    end(api)
    assert not of_ray(data_dir)


def test_a_stranger_with_the_pid_of_a_head_is_left_alone(data_dir: Path, tmp_path: Path) -> None:
    """Pids come again: the head before was another process with the same number."""
    program = tmp_path / "ray-of-a-stranger"
    shutil.copy(shutil.which("sleep") or "", program)
    head = {"address": None, "boot": boot_id(), "start": "0", "ray": version("ray")}
    with subprocess.Popen([program, "600"], start_new_session=True) as stranger:
        try:
            file = data_dir / "experiments" / ".ray-head.json"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps({**head, "pid": stranger.pid}))
            end(start_server(data_dir, "local"))
            assert stranger.poll() is None
        finally:
            stranger.kill()


def check_it_works(api: Api) -> None:
    identity = api.create(experiment(python("print('here')")))
    wait_until(lambda: api.status(identity) == "Succeeded", PATIENCE)
    assert api.lines(identity) == {"worker-0": ["here"]}
