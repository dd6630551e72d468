"""PATCH of experiments: the stored spec is replaced whole, and a run follows it."""

from __future__ import annotations

from typing import Any

from .api import Api, experiment, python, wait_until
from .servers import serving

EXPERIMENT = "api/v1/experiment"
SAY_AND_WAIT = python("import os, time; print(os.environ['WORD'], flush=True); time.sleep(60)")


def patch(api: Api, identity: str, spec: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = api.result("PATCH", f"{EXPERIMENT}/{identity}", json=spec)
    return changed


def states(api: Api, identity: str) -> dict[str, str]:
    return {name: pod["state"] for name, pod in api.pods(identity).items()}


def said(word: str) -> dict[str, str]:
    return {"WORD": word}


def test_replicas_grow_and_shrink_from_the_highest_index(api: Api) -> None:
    identity = api.create(experiment(SAY_AND_WAIT, env=said("old"), Worker=2))
    api.wait_for(identity, "Running")
    patch(api, identity, experiment(SAY_AND_WAIT, env=said("new"), Worker=3))
    wait_until(lambda: states(api, identity).get("worker-2") == "Running")
    wait_until(lambda: all(api.lines(identity).values()))
    assert api.lines(identity) == {
        "worker-0": ["old"],
        "worker-1": ["old"],
        "worker-2": ["new"],
    }

    patch(api, identity, experiment(SAY_AND_WAIT, env=said("new"), Worker=1))
    wait_until(lambda: "Running" not in {*list(states(api, identity).values())[1:]})
    assert states(api, identity) == {
        "worker-0": "Running",
        "worker-1": "Stopped",
        "worker-2": "Stopped",
    }
    assert api.status(identity) == "Running"

    patch(api, identity, experiment(SAY_AND_WAIT, env=said("again"), Worker=2))
    wait_until(lambda: states(api, identity)["worker-1"] == "Running")
    pod = api.pods(identity)["worker-1"]
    assert pod["attempt"] == 2
    wait_until(lambda: api.lines(identity)["worker-1"] == ["again"])


def test_a_stream_has_the_lines_of_every_start_of_a_pod(api: Api) -> None:
    identity = api.create(experiment(SAY_AND_WAIT, env=said("first"), Worker=2))
    wait_until(lambda: api.lines(identity)["worker-1"] == ["first"])
    patch(api, identity, experiment(SAY_AND_WAIT, env=said("first"), Worker=1))
    wait_until(lambda: states(api, identity)["worker-1"] == "Stopped")
    patch(api, identity, experiment(SAY_AND_WAIT, env=said("second"), Worker=2))
    wait_until(lambda: api.lines(identity)["worker-1"] == ["second"])
    lines = []
    for record in api.follow(identity):
        if record.event == "log" and record.data["pod"].endswith("worker-1"):
            lines += [(record.data["attempt"], line) for line in record.data["lines"]]
        if len(lines) == 2:
            break
    assert lines == [(1, "first"), (2, "second")]


def test_roles_left_out_go_on(api: Api) -> None:
    identity = api.create(experiment(SAY_AND_WAIT, env=said("on"), Ps=1, Worker=1))
    api.wait_for(identity, "Running")
    changed = patch(api, identity, experiment(SAY_AND_WAIT, env=said("on"), Worker=2))
    assert list(changed["spec"]["spec"]) == ["Worker"]
    wait_until(lambda: states(api, identity).get("worker-1") == "Running")
    assert states(api, identity)["ps-0"] == "Running"


def test_a_run_that_shrinks_succeeds_by_those_that_are_left(api: Api) -> None:
    work = python("import os, time; time.sleep(60 if os.environ['SUBMARINE_INDEX'] == '1' else 2)")
    identity = api.create(experiment(work, Worker=2))
    api.wait_for(identity, "Running")
    patch(api, identity, experiment(work, Worker=1))
    assert api.wait_for_end(identity) == "Succeeded"


def test_an_experiment_that_is_over_changes_its_spec_alone(api: Api) -> None:
    identity = api.create(experiment(python("print('done')")))
    api.wait_for_end(identity)
    before = api.get(identity)
    pods = api.pods(identity)
    changed = patch(api, identity, experiment(python("print('other')"), Worker=3))
    assert changed["spec"]["spec"]["Worker"]["replicas"] == 3
    times = ("acceptedTime", "createdTime", "runningTime", "finishedTime", "status", "uid")
    assert {name: changed[name] for name in times} == {name: before[name] for name in times}
    assert api.pods(identity) == pods
    assert api.lines(identity) == {"worker-0": ["done"]}


def test_growth_waits_for_room_and_says_so(data_dir: Any) -> None:
    with serving(data_dir, "--memory", "200M") as api:
        other = api.create(experiment(SAY_AND_WAIT, env=said("other"), Worker=1))
        identity = api.create(experiment(SAY_AND_WAIT, env=said("on"), Worker=1))
        api.wait_for(identity, "Running")
        patch(api, identity, experiment(SAY_AND_WAIT, env=said("on"), Worker=3))
        wait_until(lambda: api.events(identity)[-1]["reason"] == "Waiting")
        said_so = api.events(identity)[-1]["message"]
        assert said_so == (
            "its changed number of replicas waits for 122 MiB of memory; 68.7 MiB is free"
        )
        assert api.status(identity) == "Running"
        api.result("DELETE", f"{EXPERIMENT}/{other}")
        wait_until(lambda: states(api, identity).get("worker-2") == "Running")


def test_more_than_the_machine_has_is_refused_and_changes_nothing(data_dir: Any) -> None:
    with serving(data_dir, "--memory", "200M") as api:
        identity = api.create(experiment(SAY_AND_WAIT, env=said("on"), Worker=1))
        larger = experiment(SAY_AND_WAIT, env=said("on"), Worker=4)
        response = api.call("PATCH", f"{EXPERIMENT}/{identity}", json=larger)
        assert response.status_code == 400
        assert "this machine has 191 MiB" in response.json()["message"]
        assert api.get(identity)["spec"]["spec"]["Worker"]["replicas"] == 1
