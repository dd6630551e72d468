"""What jobs and pods tell."""

from __future__ import annotations

from typing import Any

import pytest

from submarine_jupyter.server.submitters.kubernetes.stamps import seconds_of
from submarine_jupyter.server.submitters.kubernetes.states import job_state, pod_seen

from .cluster import STARTED, ended, status


def job(*conditions: str, **metadata: Any) -> dict[str, Any]:
    """Return a job with conditions; `-Running` is one that does not hold any more."""
    entries = [
        {"type": name.removeprefix("-"), "status": "False" if name.startswith("-") else "True",
         "reason": f"TFJob{name}", "message": "it says so"}
        for name in conditions
    ]  # fmt: skip
    return {"metadata": metadata, "status": {"conditions": entries}}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"metadata": {}}, "Accepted"),
        (job(), "Accepted"),
        (job("Created"), "Created"),
        (job("Created", "Running"), "Running"),
        (job("Created", "-Running", "Restarting"), "Running"),
        (job("Created", "-Running", "Succeeded"), "Succeeded"),
        (job("Created", "-Running", "Failed"), "Failed"),
        (job("Created", "Suspended"), "Accepted"),
        (job("Created", "Running", deletionTimestamp="2026"), "Deleted"),
    ],
)
def test_conditions_are_one_of_six_statuses(entry: dict[str, Any], expected: str) -> None:
    assert job_state(entry).status.value == expected


def test_a_suspended_job_says_what_it_waits_for() -> None:
    assert "suspended" in (job_state(job("Created", "Suspended")).waits or "")


def pod(phase: str, *statuses: Any, limit: str | None = None, **more: Any) -> dict[str, Any]:
    container = {"name": "tensorflow", "resources": {"limits": {"memory": limit}}}
    return {
        "metadata": {"name": "x-worker-0", "uid": "u"},
        "spec": {"containers": [container]},
        "status": {"phase": phase, "containerStatuses": list(statuses), **more},
    }


@pytest.mark.parametrize(
    ("terminated", "code", "verdict"),
    [
        ({"code": 0}, 0, None),
        ({"code": 3}, 3, None),
        ({"code": 143}, -15, None),
        ({"code": 137}, -9, None),
        ({"code": 1, "signal": 6}, -6, None),
        ({"code": 137, "reason": "OOMKilled"}, -9,
         ("OOMKilled", "was killed: it took more memory than its limit of 64M")),
    ],
)  # fmt: skip
def test_how_a_container_ended(
    terminated: dict[str, Any], code: int, verdict: tuple[str, str] | None
) -> None:
    seen = pod_seen(pod("Failed", status(ended(**terminated)), limit="64M"), "tensorflow")
    assert seen.exit is not None
    assert (seen.exit.code, seen.exit.verdict) == (code, verdict)
    assert (seen.exit.started, seen.exit.finished) == (seconds_of(STARTED), 1767225605.0)


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("StartError", 'exec: "trian": executable file not found in $PATH', "CommandNotFound"),
        ("ContainerCannotRun", "OCI runtime: no such file or directory", "CommandNotFound"),
        ("StartError", "failed to create shim task: out of ptys", "StartError"),
    ],
)
def test_a_container_that_cannot_be_started_never_ran(
    reason: str, message: str, expected: str
) -> None:
    seen = pod_seen(pod("Failed", status(ended(128, reason=reason, message=message))), "tensorflow")
    assert (seen.started, seen.exit) == (None, None)
    assert seen.unstarted is not None
    assert seen.unstarted.verdict == (expected, f"could not be started: {message}")


def test_an_evicted_pod_says_why() -> None:
    said = "The node was low on resource: memory."
    running = pod("Failed", status(ended(137)), reason="Evicted", message=said)
    seen = pod_seen(running, "tensorflow")
    assert seen.exit is not None
    assert seen.exit.verdict == ("Evicted", f"was ended by the cluster (Evicted): {said}")
    unscheduled = pod_seen(pod("Failed", reason="Evicted", message=said), "tensorflow")
    assert unscheduled.unstarted is not None
    assert unscheduled.exit is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("containerStatuses", "ImagePullBackOff"),
        ("containerStatuses", "ErrImagePull"),
        ("containerStatuses", "InvalidImageName"),
        ("containerStatuses", "CreateContainerConfigError"),
        ("initContainerStatuses", "ImagePullBackOff"),
    ],
)
def test_what_keeps_a_pod_from_running_is_noticed(name: str, reason: str) -> None:
    waiting = status({"waiting": {"reason": reason, "message": "because"}})
    entry = pod("Pending")
    entry["status"][name] = [waiting]
    seen = pod_seen(entry, "tensorflow")
    assert [(notice.reason, notice.message) for notice in seen.notices] == [(reason, "because")]
    assert seen.is_active


def test_a_pod_that_no_node_takes_says_why() -> None:
    said = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    seen = pod_seen(pod("Pending", conditions=[{**condition, "message": said}]), "tensorflow")
    assert [(notice.reason, notice.message) for notice in seen.notices] == [
        ("FailedScheduling", said)
    ]


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_what_is_on_its_way_is_no_notice(reason: str) -> None:
    waiting = status({"waiting": {"reason": reason}})
    assert pod_seen(pod("Pending", waiting), "tensorflow").notices == ()


def test_a_container_that_is_started_again() -> None:
    before = {"lastState": ended(1)}
    runs = pod_seen(
        pod("Running", status({"running": {"startedAt": STARTED}}, 1, **before)), "tensorflow"
    )
    assert (runs.restarts, runs.exit) == (1, None)
    assert runs.previous is not None
    assert runs.previous.code == 1
    # While the node waits, the number of restarts is still that of the start that has ended.
    waits = pod_seen(
        pod("Running", status({"waiting": {"reason": "CrashLoopBackOff"}}, 1, **before)),
        "tensorflow",
    )
    assert waits.backs_off
    assert waits.previous is None
    assert waits.exit is not None
    assert waits.exit.code == 1


def test_code_that_cannot_be_fetched_is_a_failure_of_its_own() -> None:
    fetching = {"name": "git-sync", "state": ended(1)}
    seen = pod_seen(pod("Failed", initContainerStatuses=[fetching]), "tensorflow")
    assert seen.unstarted is not None
    assert seen.unstarted.verdict is not None
    assert seen.unstarted.verdict[0] == "CodeSyncFailed"


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 1767225600.0),
        ("2026-01-01T00:00:00.5Z", 1767225600.5),
        ("2026-01-01T00:00:00.123456789Z", 1767225600.123),
        ("2026-01-01T00:00:00.999999999Z", 1767225600.999),
        ("2026-01-01T08:00:00.5+08:00", 1767225600.5),
        ("unable to retrieve container logs", None),
        ("", None),
    ],
)
def test_times_of_a_cluster(stamp: str, seconds: float | None) -> None:
    assert seconds_of(stamp) == seconds
