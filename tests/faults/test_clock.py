"""Somebody sets the machine's clock, an hour forth or back, while experiments run.

What jumps is a double of the system's clock at its boundary: `time.time` of the server and of the
supervisors gives what it would if the clock had been set. All else is real.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter.server.logs.times import times_of
from tests.server.api import Api, experiment, python, wait_until
from tests.server.servers import serving

from .traces import files_of, kill_server, processes_of, supervisor_of, written

HOUR = 3600
JUMPING = Path(__file__).with_name("jumping")
PRINT = python(
    "import time\n"
    "begin = time.monotonic()\n"
    "for n in range(16): print(n, flush=True); time.sleep(0.1)\n"
    "print(time.monotonic() - begin)"
)
SLEEP = "sleep 600"
DEAF = python("import signal, time; signal.signal(15, signal.SIG_IGN); print(1); time.sleep(600)")

Jump = Callable[[float], None]


@pytest.fixture
def jump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Return what sets the clock, to so many seconds beside the true time."""
    amount = tmp_path / "jumped-by"
    launcher = tmp_path / "python"
    launcher.write_text(
        f'#!/bin/sh\nexec {sys.executable} "$1" "$2" {JUMPING}/supervisor.py "$3" "$4"\n'
    )
    launcher.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(JUMPING), prepend=os.pathsep)
    monkeypatch.setenv("JUMPING_PYTHON", str(launcher))
    monkeypatch.setenv("JUMPED_BY", str(amount))

    def set_clock(seconds: float) -> None:
        new = amount.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(amount)

    set_clock(0)
    return set_clock


def spec(cmd: str | None, **roles: Any) -> dict[str, Any]:
    # The server's own interpreter only starts supervisors here.
    return experiment(cmd, env={"SUBMARINE_PYTHON": sys.executable}, **roles)


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def has_printed(data_dir: Path, identity: str, lines: int) -> bool:
    return len(written(data_dir, identity)) >= lines


def check_order(api: Api, identity: str) -> None:
    """Check that no time of an experiment lies before one that came earlier."""
    times = [seconds(event["time"]) for event in api.events(identity)]
    assert times == sorted(times), api.events(identity)
    record = api.get(identity)
    reached = [record[f"{name}Time"] for name in ("accepted", "created", "running", "finished")]
    known = [seconds(time) for time in reached if time is not None]
    assert known == sorted(known), reached
    for pod in api.pods(identity).values():
        if pod["startTime"] and pod["finishTime"]:
            assert known[0] <= seconds(pod["startTime"]) <= seconds(pod["finishTime"]) <= known[-1]


def test_the_times_of_a_run_go_on_steadily(data_dir: Path, jump: Jump) -> None:
    with serving(data_dir) as api:
        identity = api.create(spec(PRINT))
        for line, moved in ((3, HOUR), (6, -HOUR), (9, 0), (12, -HOUR)):
            wait_until(partial(has_printed, data_dir, identity, line))
            jump(moved)
        assert api.wait_for_end(identity) == "Succeeded"
        check_order(api, identity)
        record = api.get(identity)
        duration = seconds(record["finishedTime"]) - seconds(record["runningTime"])
        took = float(api.lines(identity)["worker-0"][-1])
        assert took <= duration < took + 5
        log = files_of(data_dir, identity).log(f"{identity}-worker-0", 1)
        with times_of(log) as times:
            offsets = [times[number] for number in range(len(times))]
            grown = [time for offset in offsets if (time := times.at(offset)) is not None]
        assert len(grown) > 5
        assert all(earlier <= later for earlier, later in pairwise(grown))
        assert grown[-1] - grown[0] < took + 5


@pytest.mark.parametrize("moved", [HOUR, -HOUR])
def test_what_waited_begins_after_it_came(data_dir: Path, jump: Jump, moved: float) -> None:
    with serving(data_dir, "--memory", "64M") as api:
        first, second = api.create(spec(SLEEP)), api.create(spec(PRINT))
        wait_until(lambda: api.events(second)[-1]["reason"] == "Waiting")
        jump(moved)
        api.result("POST", f"api/v1/experiment/{first}/stop")
        assert api.wait_for_end(second) == "Succeeded"
        took = float(api.lines(second)["worker-0"][-1])
        record = api.get(second)
        duration = seconds(record["finishedTime"]) - seconds(record["runningTime"])
        assert took <= duration < took + 5
        jump(-moved)
        api.result("PATCH", f"api/v1/experiment/{second}", json=spec(PRINT))
        for identity in (first, second):
            check_order(api, identity)


def test_a_lost_run_ends_after_it_began(data_dir: Path, jump: Jump) -> None:
    with serving(data_dir) as api:
        identity = api.create(spec(SLEEP))
        api.wait_for(identity, "Running")
        jump(-HOUR)
        supervisor_of(data_dir, identity).kill()
        assert api.wait_for_end(identity) == "Failed"
        check_order(api, identity)


@pytest.mark.parametrize("moved", [HOUR, -HOUR])
def test_drain_grace_and_idleness_take_their_time(data_dir: Path, jump: Jump, moved: float) -> None:
    with serving(data_dir, "--drain", "2", "--grace", "1", "--idle-timeout", "1800") as api:
        quick = python("import time; time.sleep(0.3); print('late')")
        drained = api.create(spec(None, Chief=(1, "true"), Worker=(2, quick)))
        deaf = api.create(spec(None, Chief=(1, "true"), Worker=(1, DEAF)))
        wait_until(lambda: written(data_dir, deaf) == ["1"])
        jump(moved)
        assert api.wait_for_end(drained) == "Succeeded"
        assert {tuple(lines) for pod, lines in api.lines(drained).items() if "worker" in pod} == {
            ("late",)
        }
        assert api.wait_for_end(deaf) == "Succeeded"
        assert api.pods(deaf)["worker-0"]["signal"] == "SIGKILL"
        assert not processes_of(drained, deaf)
        check_order(api, deaf)


def test_keys_pages_and_streams_do_not_ask_the_clock(data_dir: Path, jump: Jump) -> None:
    keys = {"headers": {"Idempotency-Key": "once"}}
    quick = spec("true")
    with serving(data_dir) as api:
        first = api.create(quick, **keys)
        cursor = next(iter(api.follow(first))).cursor
        jump(-HOUR)
        second = api.create(quick)
        jump(HOUR)
        third = api.create(quick)
        created = [first, second, third]
        assert api.create(quick, **keys) == first
        for identity in created:
            api.wait_for_end(identity)
        kill_server(data_dir)
    jump(-HOUR)
    with serving(data_dir) as api:
        assert api.create(quick, **keys) == first
        created.append(api.create(quick))
        api.wait_for_end(created[-1])
        assert [each["experimentId"] for each in api.result("GET", "api/v1/experiment")] == created
        assert list(paged(api)) == created
        told = api.stream("api/v1/stream", after=cursor)
        ended: list[str] = []
        while len(ended) < 4:
            record = next(told)
            if record.event == "event" and record.data["kind"] == "status":
                ended += [record.data["experimentId"]] * (record.data["reason"] == "Succeeded")
        assert sorted(ended) == sorted(created)


def paged(api: Api) -> list[str]:
    """Return the ids of the list, read one by one."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = api.call("GET", "api/v1/experiment", params={"limit": "1", **after}).json()
        found += [each["experimentId"] for each in answer["result"]]
        if answer["attributes"]["next"] is None:
            return found
        after = {"after": answer["attributes"]["next"]}
