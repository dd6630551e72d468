"""Stop and delete at every moment of a run, and at the same moment: it ends once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.server.api import Api, StreamEvent, experiment, python
from tests.server.servers import serving

from .followed import Followed
from .traces import (
    control_groups_of,
    directories_of,
    facts_of,
    processes_of,
)

SLEEP = "sleep 600"
QUICK = python("import time; time.sleep(0.3)")
ROUNDS = 8


@pytest.fixture
def moments() -> random.Random:
    return random.Random(11)


def path_of(identity: str) -> str:
    return f"api/v1/experiment/{identity}"


def stop(api: Api, identity: str) -> int:
    return Api(api.server).call("POST", f"{path_of(identity)}/stop").status_code


def delete(api: Api, identity: str) -> int:
    return Api(api.server).call("DELETE", path_of(identity)).status_code


def at_once(*calls: Callable[[], int]) -> list[int]:
    """Call all of them at the same moment; return what each has answered, in their order."""
    gate = threading.Barrier(len(calls))
    answers: dict[int, int] = {}

    def run(number: int, call: Callable[[], int]) -> None:
        gate.wait()
        answers[number] = call()

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[number] for number in range(len(calls))]


def statuses_of(records: list[StreamEvent], identity: str) -> Counter[str]:
    """Return how often each end of an experiment was told."""
    told: Counter[str] = Counter()
    for record in records:
        if record.data.get("experimentId") == identity:
            if record.event == "deleted":
                told["Deleted"] += 1
            elif record.event == "event" and record.data["kind"] == "status":
                told[record.data["reason"]] += 1
    return told


def told_until(api: Api, cursor: str, last: str) -> list[StreamEvent]:
    """Return what the stream of all experiments has told until an experiment was deleted."""
    records = []
    for record in api.stream("api/v1/stream", after=cursor):
        records.append(record)
        if record.event == "deleted" and record.data["experimentId"] == last:
            break
    return records


def is_gone(api: Api, data_dir: Path, identity: str) -> bool:
    return api.call("GET", path_of(identity)).status_code == 404 and not (
        directories_of(data_dir, identity) or processes_of(identity) or control_groups_of(identity)
    )


def test_a_run_that_is_stopped_while_it_starts_ends_once(
    api: Api, data_dir: Path, moments: random.Random
) -> None:
    for _ in range(ROUNDS):
        run = Followed(api.create(experiment(SLEEP, Worker=2)))
        time.sleep(moments.uniform(0, 0.4))
        answers = at_once(*[partial(stop, api, run.identity)] * 2)
        assert answers == [200, 200]
        run.read_to_end(api)
        ends = [event for event in run.events if event["reason"] in {"Stopped", "Failed"}]
        assert [event["reason"] for event in ends if event["kind"] == "status"] == ["Stopped"]
        assert run.events[-1]["message"] == "it was stopped on request"
        assert sum(fact["fact"] == "end" for fact in facts_of(data_dir, run.identity)) <= 1
        assert not processes_of(run.identity)
        assert not control_groups_of(run.identity)


def test_a_run_that_is_stopped_as_it_ends_ends_once(api: Api, moments: random.Random) -> None:
    for _ in range(ROUNDS):
        run = Followed(api.create(experiment(QUICK)))
        api.wait_for(run.identity, "Running", "Succeeded")
        time.sleep(moments.uniform(0.1, 0.5))
        assert stop(api, run.identity) == 200
        run.read_to_end(api)
        reasons = [event["reason"] for event in run.events if event["kind"] == "status"]
        assert reasons[:-1] == ["Accepted", "Created", "Running"]
        assert reasons[-1] in {"Succeeded", "Stopped"}
        assert api.status(run.identity) == {"Stopped": "Failed"}.get(reasons[-1], "Succeeded")


def test_a_run_that_is_deleted_while_it_starts_is_gone(
    api: Api, data_dir: Path, moments: random.Random
) -> None:
    for _ in range(ROUNDS):
        identity = api.create(experiment(SLEEP, Worker=2))
        time.sleep(moments.uniform(0, 0.4))
        assert delete(api, identity) == 200
        assert is_gone(api, data_dir, identity)


def test_stop_and_delete_at_once_leave_nothing(
    api: Api, data_dir: Path, moments: random.Random
) -> None:
    first = api.create(experiment(SLEEP))
    cursor = next(iter(api.follow(first))).cursor
    identities = []
    for _ in range(ROUNDS):
        identity = api.create(experiment(SLEEP))
        identities.append(identity)
        time.sleep(moments.uniform(0, 0.4))
        stopping, deleting = partial(stop, api, identity), partial(delete, api, identity)
        answers = at_once(stopping, deleting, deleting, stopping)
        assert {answers[0], answers[3]} <= {200, 404}
        assert sorted(answers[1:3]) == [200, 404]
        assert is_gone(api, data_dir, identity)
    told = told_until(api, cursor, identities[-1])
    for identity in identities:
        ends = statuses_of(told, identity)
        assert ends["Deleted"] == 1
        assert ends["Stopped"] + ends["Succeeded"] + ends["Failed"] <= 1
        assert is_gone(api, data_dir, identity)
    assert api.status(first) == "Running"


def test_stop_and_delete_of_what_waits_leave_nothing(data_dir: Path) -> None:
    with serving(data_dir, "--memory", "64M") as api:
        first = api.create(experiment(SLEEP))
        for _ in range(ROUNDS):
            identity = api.create(experiment(SLEEP))
            answers = at_once(partial(stop, api, identity), partial(delete, api, identity))
            assert answers[0] in {200, 404}
            assert answers[1] == 200
            assert is_gone(api, data_dir, identity)
        assert api.status(first) == "Running"
        delete(api, first)
