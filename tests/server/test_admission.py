"""Who may run when: memory and GPUs are given out once, the processor is shared."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from submarine_jupyter.server.database import open_file
from submarine_jupyter.server.service import ExperimentService
from submarine_jupyter.server.store import Store
from submarine_jupyter.server.submitters.local.capacity import Capacity, Claim, in_gib
from submarine_jupyter.server.submitters.local.submitter import LocalSubmitter
from submarine_jupyter.spec import ExperimentSpec

from .api import Api, experiment, python, wait_until
from .servers import serving

EXPERIMENT = "api/v1/experiment"
SLEEP = python("import time; time.sleep(60)")
SHOW_GPUS = python(
    "import os, time; print('sees', os.environ['CUDA_VISIBLE_DEVICES'], flush=True); time.sleep(60)"
)


def asking(resources: str, cmd: str = SLEEP, **roles: Any) -> dict[str, Any]:
    spec = experiment(cmd, **roles)
    for task in spec["spec"].values():
        task["resources"] = resources
    return spec


def waits(api: Api, identity: str) -> str | None:
    """Return what an experiment waits for; None when it does not wait."""
    if api.status(identity) != "Accepted":
        return None
    last = api.events(identity)[-1]
    return str(last["message"]) if last["reason"] == "Waiting" else None


def test_memory_is_given_out_once_first_come_first_served(data_dir: Path) -> None:
    with serving(data_dir, "--memory", "4Gi") as api:
        first = api.create(asking("cpu=0.1,memory=3Gi"))
        api.wait_for(first, "Running")
        large = api.create(asking("cpu=0.1,memory=2Gi"))
        small = api.create(asking("cpu=0.1,memory=512Mi"))
        wait_until(lambda: waits(api, large) == "waits for 2 GiB of memory; 1 GiB is free")
        # It would have room, but nobody is overtaken.
        wait_until(lambda: waits(api, small) == "waits for its turn: others came before it")
        api.result("POST", f"{EXPERIMENT}/{first}/stop")
        api.wait_for(large, "Running")
        api.wait_for(small, "Running")


def test_what_waits_is_stopped_and_deleted_like_any_other(data_dir: Path) -> None:
    with serving(data_dir, "--memory", "1Gi") as api:
        first = api.create(asking("cpu=0.1,memory=1Gi"))
        second, third = (api.create(asking("cpu=0.1,memory=1Gi")) for _ in range(2))
        wait_until(lambda: waits(api, second) is not None)
        api.result("POST", f"{EXPERIMENT}/{second}/stop")
        assert api.wait_for_end(second) == "Failed"
        assert api.events(second)[-1]["reason"] == "Stopped"
        assert api.pods(second)["worker-0"]["startTime"] is None
        api.result("DELETE", f"{EXPERIMENT}/{third}")
        assert api.call("GET", f"{EXPERIMENT}/{third}").status_code == 404
        api.wait_for(first, "Running")


def test_what_waits_is_known_again_after_a_restart(data_dir: Path) -> None:
    with serving(data_dir, "--memory", "1Gi") as api:
        first = api.create(asking("cpu=0.1,memory=1Gi"))
        second = api.create(asking("cpu=0.1,memory=1Gi"))
        wait_until(lambda: waits(api, second) is not None)
    with serving(data_dir, "--memory", "1Gi") as api:
        assert api.status(first) == "Running"
        assert waits(api, second) == "waits for 1 GiB of memory; 0 MiB is free"
        api.result("DELETE", f"{EXPERIMENT}/{first}")
        api.wait_for(second, "Running")
        told = [event for event in api.events(second) if event["reason"] == "Waiting"]
        assert len(told) == 1


def test_what_cannot_fit_any_more_after_a_restart_fails_and_holds_up_nobody(
    data_dir: Path,
) -> None:
    with serving(data_dir, "--memory", "4Gi") as api:
        first = api.create(asking("cpu=0.1,memory=3Gi"))
        api.wait_for(first, "Running")
        large = api.create(asking("cpu=0.1,memory=3Gi"))
        small = api.create(asking("cpu=0.1,memory=512Mi"))
        wait_until(lambda: waits(api, small) is not None)
    with serving(data_dir, "--memory", "2Gi") as api:
        assert api.wait_for_end(large) == "Failed"
        end = api.events(large)[-1]
        assert end["reason"] == "TooLarge"
        said = "its replicas ask for 3 GiB of memory in all; this machine has 2 GiB"
        assert end["message"].startswith(said)
        # What runs already goes on.
        assert api.status(first) == "Running"
        api.result("DELETE", f"{EXPERIMENT}/{first}")
        api.wait_for(small, "Running")


def test_a_long_queue_costs_no_look_at_each_who_waits(tmp_path: Path) -> None:
    database = open_file(tmp_path / "experiments.db")
    store = Store(database, tmp_path / "tracking.db")
    capacity = Capacity(cpu=8, memory=2**30, gpus=())
    service = ExperimentService(store, LocalSubmitter(tmp_path / "runs", capacity=capacity))
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        if threading.current_thread().name == "experiments":
            statements.append(arguments[2])

    def submit() -> str:
        return service.create(ExperimentSpec.from_wire(asking("cpu=0.1,memory=1Gi"))).id

    def wait_until_told(identity: str) -> None:
        wait_until(lambda: store.events(0, identity)[-1].reason == "Waiting")

    service.start()
    first, *queue = (submit() for _ in range(50))
    wait_until_told(queue[-1])
    event.listen(database.engine, "before_cursor_execute", count)
    for _ in range(3):
        wait_until_told(submit())
    # Each of the last ones was looked at once, after all before them.
    assert 0 < len(statements) < len(queue)
    service.stop()
    service.delete(first)
    store.close()


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ("cpu=1,memory=2Gi", "its replicas ask for 4 GiB of memory in all; this machine has 1 GiB"),
        ("cpu=1,nvidia.com/gpu=1", "its replicas ask for 2 GPUs in all; this machine has 1"),
    ],
)
def test_more_than_the_machine_has_is_refused(data_dir: Path, resources: str, said: str) -> None:
    with serving(data_dir, "--memory", "1Gi", "--gpus", "0") as api:
        response = api.call("POST", EXPERIMENT, json=asking(resources, Worker=2))
        assert response.status_code == 400
        assert said in response.json()["message"]
        assert api.result("GET", EXPERIMENT) == []
        planned = api.call("POST", f"{EXPERIMENT}?dryRun=true", json=asking(resources, Worker=2))
        assert planned.status_code == 400


def test_gpus_are_given_to_one_replica_each(data_dir: Path) -> None:
    with serving(data_dir, "--gpus", "0,1,5") as api:
        both = api.create(asking("cpu=0.1,nvidia.com/gpu=1", SHOW_GPUS, Worker=2))
        none = api.create(asking("cpu=0.1", SHOW_GPUS))
        two = api.create(asking("cpu=0.1,nvidia.com/gpu=2", SHOW_GPUS))
        wait_until(lambda: all(api.lines(both).values()) and all(api.lines(none).values()))
        assert api.lines(both) == {"worker-0": ["sees 0"], "worker-1": ["sees 1"]}
        assert api.lines(none) == {"worker-0": ["sees "]}
        wait_until(lambda: waits(api, two) == "waits for 2 GPUs; 1 of 3 are free")
        api.result("DELETE", f"{EXPERIMENT}/{both}")
        wait_until(lambda: api.lines(two)["worker-0"] == ["sees 0,1"])


def test_a_replica_that_asks_for_no_gpu_is_told_that_it_sees_none(data_dir: Path) -> None:
    with serving(data_dir, "--gpus", "0") as api:
        plan = api.result("POST", f"{EXPERIMENT}?dryRun=true", json=asking("cpu=1"))
        assert plan["ignored"] == [
            (
                "resources: this machine has a GPU, and no replica asks for one, so none sees it; "
                "ask with nvidia.com/gpu=1"
            )
        ]


def test_the_processor_is_shared_far_beyond_its_cores(data_dir: Path) -> None:
    with serving(data_dir, "--cpu", "2") as api:
        first, second = (api.create(asking("cpu=1")) for _ in range(2))
        api.wait_for(second, "Running")
        third = api.create(asking("cpu=8"))
        said = "waits for 8 cpu; 0 of the 2 that are shared out are free"
        wait_until(lambda: waits(api, third) == said)
        for identity in (first, second):
            api.result("DELETE", f"{EXPERIMENT}/{identity}")
        # Alone it gets what there is.
        api.wait_for(third, "Running")


def test_less_than_a_core_is_nice(api: Api) -> None:
    nice = python("import os; print(os.nice(0))")
    small, whole = (api.create(asking(f"cpu={cpu}", nice)) for cpu in ("100m", "1"))
    api.wait_for_end(small)
    api.wait_for_end(whole)
    assert api.lines(small)["worker-0"] == ["10"]
    assert api.lines(whole)["worker-0"] == ["0"]


def test_claims_add_up_over_roles_and_replicas() -> None:
    claim = Claim(1, 2**30, 1) + Claim(0.5, 2**29, 0)
    assert claim == Claim(1.5, 3 * 2**29, 1)
    assert Capacity(cpu=2, memory=2**30, gpus=("0",)).obstacle(Claim(9, 0, 0), Claim()) is None


@pytest.mark.parametrize(
    ("amount", "said"),
    [(2**31, "2 GiB"), (3 * 2**29, "1.5 GiB"), (2**29, "512 MiB"), (-5, "0 MiB")],
)
def test_amounts_read_well(amount: int, said: str) -> None:
    assert in_gib(amount) == said
