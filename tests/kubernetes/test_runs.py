"""How a run goes on a cluster; the cluster is a stand-in."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from submarine_jupyter.server.submitters.base import PodState
from submarine_jupyter.server.submitters.run.rules import Rules
from submarine_jupyter.spec import ExperimentSpec

from ..server.api import experiment, wait_until
from .cluster import STARTED, StandIn, ended, status
from .runs import ID, WORKER, Runs


def test_a_run_that_succeeds(cluster: StandIn, runs: Runs) -> None:
    runs.submit(Ps=1, Worker=1)
    wait_until(lambda: runs.report().created is not None)
    cluster.start(f"{ID}-ps-0")
    cluster.start(WORKER).write(b"one\n", b"two")
    wait_until(lambda: runs.pod().state is PodState.RUNNING)
    cluster.finish(WORKER)
    assert runs.end().status.value == "Succeeded"
    assert runs.log() == b"one\ntwo"
    assert (runs.pod().state, runs.pod().exit_code) == (PodState.SUCCEEDED, 0)
    assert runs.pod().log_size == len(b"one\ntwo")
    # The operator ends what still runs.
    assert (runs.pod("ps-0").state, runs.pod("ps-0").stopped_by) == (PodState.STOPPED, "policy")
    assert cluster.server.store.get("tfjobs", ID) is not None


def test_restarts_have_logs_of_their_own(cluster: StandIn, runs: Runs) -> None:
    runs.rules = Rules(backoff_limit=3, grace=1)
    runs.submit()
    first = cluster.start(WORKER)
    cluster.server.do(lambda: first.write(b"first\n"))
    wait_until(lambda: runs.log() == b"first\n")
    # The last line comes with the end, and the next start at once.
    cluster.server.do(lambda: first.write(b"boom\n"))
    cluster.server.do(first.end)
    second = cluster.start(WORKER, 1, lastState=ended(1))
    cluster.server.do(lambda: second.write(b"second\n"))
    wait_until(lambda: runs.pod().attempt == 2)
    uid = cluster.pod(WORKER)["metadata"]["uid"]
    waiting = status({"waiting": {"reason": "CrashLoopBackOff"}}, 1, lastState=ended(137))
    cluster.server.do(second.end)
    cluster.say(WORKER, "Running", containerStatuses=[waiting])
    wait_until(lambda: "Restarting" in runs.reasons())
    cluster.server.do(lambda: cluster.server.log_of(uid, 2).write(b"third\n"))
    cluster.start(WORKER, 2, lastState=ended(137))
    cluster.finish(WORKER, restarts=2)
    assert runs.end().status.value == "Succeeded"
    assert [runs.log(attempt=n) for n in (1, 2, 3)] == [b"first\nboom\n", b"second\n", b"third\n"]
    assert "starts again in 20 s, restart 2" in [said for _, said in runs.told()]


def test_the_log_of_the_next_start_is_not_taken_for_that_of_this_one(
    cluster: StandIn, runs: Runs
) -> None:
    runs.rules = Rules(backoff_limit=3, grace=1)
    runs.submit()
    first = cluster.start(WORKER)
    cluster.server.do(partial(first.write, b"first\n"))
    wait_until(partial(runs.has_read, b"first\n"))
    pod = cluster.pod(WORKER)

    def start_again() -> None:
        first.end()
        second = cluster.server.log_of(pod["metadata"]["uid"], 1)
        second.write(b"second\n")
        running = status({"running": {"startedAt": STARTED}}, 1, lastState=ended(1))
        cluster.operator.set_status(pod, {"phase": "Running", "containerStatuses": [running]})

    cluster.server.before_log = start_again
    cluster.server.do(cluster.server.cut)
    wait_until(lambda: runs.log(attempt=2) == b"second\n")
    cluster.finish(WORKER, restarts=1)
    assert runs.end().status.value == "Succeeded"
    assert runs.log() == b"first\n"


def test_a_start_that_nobody_saw_is_read_all_the_same(cluster: StandIn, runs: Runs) -> None:
    runs.rules = Rules(backoff_limit=3, grace=1)
    runs.submit()
    uid = cluster.pod(WORKER)["metadata"]["uid"]
    cluster.server.do(lambda: cluster.server.log_of(uid).write(b"quick death\n"))
    cluster.server.do(lambda: cluster.server.log_of(uid).end())
    cluster.start(WORKER, 1, lastState=ended(1))
    wait_until(lambda: runs.log() == b"quick death\n")
    cluster.finish(WORKER, restarts=1)
    runs.end()
    assert (runs.pod().attempt, runs.log(attempt=2)) == (2, b"")


def test_a_pod_that_is_lost_is_another_start(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    log = cluster.start(WORKER)
    cluster.server.do(lambda: log.write(b"on the first node\n"))
    wait_until(lambda: runs.log() == b"on the first node\n")
    cluster.server.do(log.end)
    cluster.server.do(lambda: cluster.operator.remove_pod(cluster.pod(WORKER)))
    job = cluster.server.store.get("tfjobs", ID)
    assert job is not None
    cluster.server.do(lambda: cluster.operator.reconcile("tfjobs", job))
    again = cluster.start(WORKER)
    cluster.server.do(lambda: again.write(b"on another\n"))
    wait_until(lambda: runs.log(attempt=2) == b"on another\n")
    assert "PodLost" in runs.reasons()
    cluster.finish(WORKER)
    assert runs.end().status.value == "Succeeded"


def test_a_container_that_took_too_much_memory_says_so(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    cluster.start(WORKER)
    cluster.finish(WORKER, 137, reason="OOMKilled")
    end = runs.end()
    assert end.reason == "OOMKilled"
    assert end.message == "worker-0 was killed: it took more memory than its limit of 64M"


def test_a_failure_that_a_restart_has_mended_is_not_the_reason(
    cluster: StandIn, runs: Runs
) -> None:
    runs.rules = Rules(backoff_limit=3, grace=1)
    runs.submit(Worker=2)
    cluster.start(WORKER)
    cluster.start(WORKER, 1, lastState=ended(1))
    wait_until(lambda: runs.pod().attempt == 2)
    cluster.start(f"{ID}-worker-1")
    cluster.finish(f"{ID}-worker-1", 7)
    assert runs.end().pod == f"{ID}-worker-1"


def test_one_failure_ends_the_rest(cluster: StandIn, runs: Runs) -> None:
    runs.submit(Ps=1, Worker=2)
    for name in ("ps-0", "worker-0", "worker-1"):
        cluster.start(f"{ID}-{name}")
    cluster.finish(f"{ID}-worker-1", 3)
    end = runs.end()
    assert (end.reason, end.pod) == ("Error", f"{ID}-worker-1")
    assert runs.pod().stopped_by == "failure"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"reason": "ImagePullBackOff", "message": 'Back-off pulling image "tf:1"'},
         "ImagePullBackOff"),
        ({"reason": "CreateContainerConfigError", "message": 'secret "x" not found'},
         "CreateContainerConfigError"),
    ],
)  # fmt: skip
def test_the_timeline_tells_what_keeps_a_pod_from_running(
    cluster: StandIn, runs: Runs, state: dict[str, str], reason: str
) -> None:
    runs.submit()
    for _ in range(2):
        cluster.say(WORKER, "Pending", containerStatuses=[status({"waiting": state})])
    wait_until(lambda: reason in runs.reasons())
    assert [said for name, said in runs.told() if name == reason] == [state["message"]]
    assert runs.report().end is None
    runs.restart()
    cluster.start(WORKER)
    wait_until(lambda: runs.pod().state is PodState.RUNNING)
    assert runs.reasons().count(reason) == 1


def event(name: str, reason: str, message: str, kind: str = "Warning") -> dict[str, Any]:
    involved = {"name": name, "kind": "Pod"}
    metadata = {"name": f"{name}.{reason}"}
    about = {"type": kind, "reason": reason, "message": message}
    return {"metadata": metadata, "involvedObject": involved, **about}


def test_events_of_the_cluster_are_told(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    store = cluster.server.store
    said = 'pods "x" is forbidden: exceeded quota: gpus'
    for entry in (
        event(WORKER, "FailedMount", "no such volume"),
        event(ID, "FailedCreatePod", said),
        event(WORKER, "Pulled", "ordinary", "Normal"),
        event("stranger-worker-0", "FailedMount", "of somebody else"),
    ):
        cluster.server.do(partial(store.create, "events", entry))
    wait_until(lambda: ("FailedMount", "no such volume") in runs.told())
    wait_until(lambda: ("Waiting", f"FailedCreatePod: {said}") in runs.told())
    assert not {"ordinary", "of somebody else"} & {message for _, message in runs.told()}


def test_a_command_that_is_not_in_the_image(cluster: StandIn, runs: Runs) -> None:
    runs.submit("trian.py")
    said = 'exec: "trian.py": executable file not found in $PATH'
    cluster.finish(WORKER, 128, reason="StartError", message=said)
    end = runs.end()
    assert (end.reason, end.message) == (
        "CommandNotFound",
        f"worker-0 could not be started: {said}",
    )


def test_code_that_cannot_be_fetched_fails_with_what_git_said(cluster: StandIn, runs: Runs) -> None:
    content = experiment("python /code/current/train.py")
    git = {"url": "https://example.org/a.git", "username": "me", "password": "hidden"}
    runs.hand_over({**content, "code": {"syncMode": "git", "git": git}})
    wait_until(lambda: runs.has("worker-0"))
    secret = cluster.server.store.get("secrets", ID)
    assert secret is not None
    assert secret["data"] == {"git.username": "me", "git.password": "hidden"}
    wait_until(lambda: "ownerReferences" in secret["metadata"])
    fetching = {"name": "git-sync", "state": ended(1)}
    cluster.say(WORKER, "Failed", initContainerStatuses=[fetching])
    end = runs.end()
    assert end.reason == "CodeSyncFailed"
    assert end.evidence == "fatal: repository not found"
    # Nobody needs them any more.
    assert cluster.server.store.get("secrets", ID) is None
    assert "hidden" not in "".join(
        file.read_text(errors="replace") for file in (runs.root / ID).rglob("*.json*")
        if file.name != "spec.json"
    )  # fmt: skip


def test_stopping_removes_the_job_and_keeps_the_log(cluster: StandIn, runs: Runs) -> None:
    runs.submit(Worker=2)
    log = cluster.start(WORKER)
    cluster.server.do(lambda: log.write(b"began\n"))
    wait_until(lambda: runs.log() == b"began\n")
    runs.submitter.stop(ID, "Stopped", "it was stopped on request")
    end = runs.end()
    assert (end.reason, end.message) == ("Stopped", "it was stopped on request")
    assert cluster.server.store.get("tfjobs", ID) is None
    assert runs.log() == b"began\n"
    assert runs.pod().stopped_by == "stop"


def test_deleting_leaves_nothing(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    cluster.start(WORKER)
    cluster.finish(WORKER)
    runs.end()
    runs.submitter.delete(ID)
    runs.submitter.forget(ID)
    assert cluster.server.store.get("tfjobs", ID) is None
    assert not (runs.root / ID).exists()


def test_a_job_whose_experiment_was_deleted_meanwhile_is_removed(
    cluster: StandIn, runs: Runs
) -> None:
    runs.submit()
    cluster.start(WORKER)
    cluster.finish(WORKER)
    runs.end()
    cluster.server.is_down = True
    runs.submitter.delete(ID)
    runs.submitter.forget(ID)
    runs.stop()
    cluster.server.is_down = False
    assert cluster.server.store.get("tfjobs", ID) is not None
    assert runs.submitter.half_deleted() == []
    wait_until(lambda: cluster.server.store.get("tfjobs", ID) is None)


def test_replicas_are_added_and_taken_away(cluster: StandIn, runs: Runs) -> None:
    runs.submit(Ps=1, Worker=1)
    more = ExperimentSpec.from_wire(experiment("python train.py", Worker=3))
    runs.submitter.scale(ID, more)
    wait_until(lambda: runs.has("worker-2") and runs.has("ps-0"))
    for name in ("ps-0", "worker-0", "worker-1", "worker-2"):
        cluster.start(f"{ID}-{name}")
    wait_until(lambda: runs.pod("worker-2").state is PodState.RUNNING)
    runs.submitter.scale(ID, ExperimentSpec.from_wire(experiment("python train.py", Worker=2)))
    wait_until(lambda: not runs.has("worker-2"))
    wait_until(lambda: runs.pod("worker-2").stopped_by == "scale")
    assert runs.report().end is None
