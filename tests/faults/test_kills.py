"""The server is killed at random moments while experiments run; nothing may be lost or invented."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from submarine_jupyter import launch
from tests.server.api import Api, StreamEvent, experiment, python, wait_until

LINES = 60
COUNT = python(f"import time\nfor n in range({LINES}): print(n, flush=True); time.sleep(0.05)")
FAIL = python("import time; print('soon', flush=True); time.sleep(1); raise SystemExit(7)")
# What a connection says when the other end is killed while it is used.
CUT = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, AssertionError)


def kill_server(data_dir: Path) -> None:
    server = launch.find(data_dir)
    if server is None:
        return
    process = psutil.Process(server.pid)
    process.kill()
    wait_until(lambda: launch.find(data_dir) is None)


def follow_for(api: Api, identity: str, seen: list[StreamEvent], seconds: float) -> None:
    """Read a stream on from where `seen` ends, for some time or until it ends or is cut."""
    deadline = time.monotonic() + seconds
    after = {"after": seen[-1].cursor} if seen else {}
    try:
        for record in api.follow(identity, **after):
            seen.append(record)
            if record.event == "end" or time.monotonic() > deadline:
                return
    except CUT:
        return


def processes_of(identities: set[str]) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("JOB_ID") in identities:
            yield process


def survive(data_dir: Path, kills: int, seed: int) -> None:
    moments = random.Random(seed)
    api = Api(launch.ensure(data_dir))
    counting = {f"count-{n}": api.create(experiment(COUNT, Worker=2)) for n in range(2)}
    failing = api.create(experiment(FAIL))
    seen: dict[str, list[StreamEvent]] = {identity: [] for identity in counting.values()}
    late: list[str] = []
    for round_ in range(kills):
        for identity, records in seen.items():
            if not records or records[-1].event != "end":
                follow_for(api, identity, records, moments.uniform(0, 0.2))
        if round_ % 5 == 0:
            # The server dies before, while or after it hands this one over.
            late.append(api.create(experiment(python("print('late')"))))
        time.sleep(moments.uniform(0, 0.05))
        kill_server(data_dir)
        api = Api(launch.ensure(data_dir))

    for identity, records in seen.items():
        while not records or records[-1].event != "end":
            follow_for(api, identity, records, 30)
    expected = [str(n) for n in range(LINES)]
    for identity, records in seen.items():
        for worker in ("worker-0", "worker-1"):
            lines = [
                line
                for record in records
                if record.event == "log" and record.data["pod"].endswith(worker)
                for line in record.data["lines"]
            ]
            assert lines == expected
        assert api.lines(identity) == {"worker-0": expected, "worker-1": expected}
        events = [record.data for record in records if record.event == "event"]
        assert events == api.events(identity)
        assert sum(event["reason"] == "Started" for event in events) == 2
        assert api.status(identity) == "Succeeded"

    assert api.wait_for_end(failing) == "Failed"
    assert api.events(failing)[-1]["message"].endswith("exited with code 7")
    for identity in late:
        assert api.wait_for_end(identity) == "Succeeded"
        assert api.lines(identity) == {"worker-0": ["late"]}
    assert not list(processes_of({*counting.values(), failing, *late}))


@pytest.mark.timeout(300)
def test_no_line_is_lost_and_no_run_repeated(data_dir: Path) -> None:
    survive(data_dir, kills=20, seed=1)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 6))
def test_the_same_at_more_moments(data_dir: Path, seed: int) -> None:
    survive(data_dir, kills=25, seed=seed)
