"""Servers and supervisors are killed at random moments; nothing may be lost, invented or left."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from submarine_jupyter import launch
from tests.server.api import Api, experiment, python, wait_until

from .followed import CUT, Followed
from .traces import (
    control_groups_of,
    directories_of,
    files_of,
    kill,
    kill_server,
    processes_of,
    supervisor_of,
    written,
)

LINES_A_KILL = 30
COUNT = "import time\nfor n in range({}): print(n, flush=True); time.sleep(0.05)"
FAIL = python("import time; print('soon', flush=True); time.sleep(1); raise SystemExit(7)")
# Half of it leaves its session and its parent, as daemons do.
DAEMON = python(
    "import itertools, os, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0: time.sleep(600)\n"
    "    os._exit(0)\n"
    "os.wait()\n"
    "for n in itertools.count(): print(n, flush=True); time.sleep(0.01)"
)
# So that to remove it takes some time.
LATE = python(
    "import os, pathlib\n"
    "directory = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR'])\n"
    "for n in range(400): (directory / str(n)).touch()\n"
    "print('late')"
)
WORKERS = ("worker-0", "worker-1")


class Storm:
    """A server that is killed again and again, and runs of every kind that live through it.

    Attributes
    ----------
    counting, failing, late
        Those that end by themselves.
    lost
        Those whose supervisor is killed.
    leaving
        Those whose deletion is cut off.
    """

    def __init__(self, data_dir: Path, kills: int, seed: int) -> None:
        self.data_dir = data_dir
        self.moments = random.Random(seed)
        self.api = Api(launch.ensure(data_dir))
        self.lines = [str(n) for n in range(LINES_A_KILL * kills)]
        count = experiment(python(COUNT.format(len(self.lines))), Worker=2)
        self.counting = [Followed(self.api.create(count)) for _ in range(2)]
        self.failing = self.api.create(experiment(FAIL))
        self.late: list[str] = []
        self.lost: list[Followed] = []
        self.leaving: list[str] = []

    def round(self, number: int) -> None:
        """Do one of five things, kill the server in the middle of it, and start another."""
        for run in [*self.counting, *self.lost[-1:]]:
            run.read(self.api, self.moments.uniform(0, 0.1))
        deeds = (
            self.create_one,
            self.begin_to_lose_one,
            self.lose_one,
            self.delete_a_running_one,
            self.delete_a_finished_one,
        )
        deeds[number % len(deeds)]()
        kill_server(self.data_dir)
        self.api = Api(launch.ensure(self.data_dir))

    def create_one(self) -> None:
        """The server dies before, while or after it hands this one over."""
        self.late.append(self.api.create(experiment(LATE)))
        self.wait_at_most(0.05)

    def begin_to_lose_one(self) -> None:
        self.lost.append(Followed(self.api.create(experiment(DAEMON, Worker=2))))
        self.wait_at_most(0.05)

    def lose_one(self) -> None:
        """Its supervisor dies before the server or after it."""
        identity = self.lost[-1].identity
        wait_until(lambda: all(written(self.data_dir, identity, pod) for pod in WORKERS))
        if self.moments.random() < 0.5:
            kill_server(self.data_dir)
        kill(supervisor_of(self.data_dir, identity))
        self.wait_at_most(1)

    def delete_a_running_one(self) -> None:
        identity = self.api.create(experiment(DAEMON))
        wait_until(lambda: len(processes_of(identity)) == 2)
        self.delete_for(identity, 0.5)

    def delete_a_finished_one(self) -> None:
        identity = self.late.pop()
        assert self.api.wait_for_end(identity) == "Succeeded"
        self.delete_for(identity, 0.05)

    def delete_for(self, identity: str, seconds: float) -> None:
        """Have an experiment deleted, and kill the server after some time at the latest."""
        self.leaving.append(identity)
        with ThreadPoolExecutor(1) as threads:
            threads.submit(unless_cut, Api(self.api.server).call, "DELETE", path_of(identity))
            self.wait_at_most(seconds)
            kill_server(self.data_dir)

    def wait_at_most(self, seconds: float) -> None:
        time.sleep(self.moments.uniform(0, seconds))

    def is_gone_or_whole(self, identity: str) -> bool:
        return self.is_gone(identity) or self.is_whole(identity)

    def is_gone(self, identity: str) -> bool:
        return self.api.call("GET", path_of(identity)).status_code == 404 and not (
            directories_of(self.data_dir, identity) or processes_of(identity)
        )

    def is_whole(self, identity: str) -> bool:
        """Whether an experiment is as if nobody had ever wanted to delete it."""
        files = files_of(self.data_dir, identity)
        if self.api.call("GET", path_of(identity)).status_code == 404 or files.stop.exists():
            return False
        if self.api.status(identity) == "Succeeded":
            return len(list(files.output.iterdir())) == 400 and self.api.lines(identity) == {
                "worker-0": ["late"]
            }
        return self.api.status(identity) == "Running" and len(processes_of(identity)) == 2


def path_of(identity: str) -> str:
    return f"api/v1/experiment/{identity}"


def unless_cut(call: Callable[..., object], *arguments: str) -> None:
    try:
        call(*arguments)
    except CUT:
        return


def survive(data_dir: Path, kills: int, seed: int) -> None:
    storm = Storm(data_dir, kills, seed)
    for number in range(kills):
        storm.round(number)
        for identity in storm.leaving:
            wait_until(partial(storm.is_gone_or_whole, identity))
    check_counting(storm)
    check_lost(storm)

    assert storm.api.wait_for_end(storm.failing) == "Failed"
    assert storm.api.events(storm.failing)[-1]["message"].endswith("exited with code 7")
    for identity in storm.late:
        assert storm.api.wait_for_end(identity) == "Succeeded"
        assert storm.api.lines(identity) == {"worker-0": ["late"]}
    for identity in storm.leaving:
        storm.api.call("DELETE", path_of(identity))
        assert storm.is_gone(identity)
        assert not control_groups_of(identity)
    listed = {each["experimentId"] for each in storm.api.result("GET", "api/v1/experiment")}
    runs = [run.identity for run in [*storm.counting, *storm.lost]]
    assert listed == {*runs, storm.failing, *storm.late}
    assert not processes_of(*listed)
    assert not [group for identity in listed for group in control_groups_of(identity)]


def check_counting(storm: Storm) -> None:
    api = storm.api
    for run in storm.counting:
        run.read_to_end(api)
        for pod in WORKERS:
            assert run.lines(pod) == storm.lines
        assert api.lines(run.identity) == dict.fromkeys(WORKERS, storm.lines)
        assert run.events == api.events(run.identity)
        assert sum(event["reason"] == "Started" for event in run.events) == 2
        assert api.status(run.identity) == "Succeeded"


def check_lost(storm: Storm) -> None:
    assert storm.lost
    for run in storm.lost:
        run.read_to_end(storm.api)
        assert storm.api.status(run.identity) == "Failed"
        for pod in WORKERS:
            lines = run.lines(pod)
            assert lines == written(storm.data_dir, run.identity, pod)
            assert lines == [str(n) for n in range(len(lines))]
        assert run.events == storm.api.events(run.identity)
        end = run.events[-1]
        assert (end["kind"], end["reason"]) == ("status", "Unknown")
        # The server that ended them may not have lived to count them all.
        assert re.fullmatch(
            "its supervisor was killed, so how its replicas ended is not known"
            "(; [1-4] of its processes still ran and were ended)?",
            end["message"],
        )


@pytest.mark.timeout(300)
def test_nothing_is_lost_invented_or_left(data_dir: Path) -> None:
    survive(data_dir, kills=20, seed=1)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 6))
def test_the_same_at_more_moments(data_dir: Path, seed: int) -> None:
    survive(data_dir, kills=25, seed=seed)
