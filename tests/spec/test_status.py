from __future__ import annotations

import pytest

from submarine_jupyter.spec import ExperimentSpec, Status
from submarine_jupyter.spec.pods import deciding_pods, pods_of


def test_nothing_but_deletion_follows_an_end() -> None:
    for end in (Status.SUCCEEDED, Status.FAILED):
        assert end.is_terminal
        assert [status for status in Status if end.may_become(status)] == [Status.DELETED]
    assert not any(Status.DELETED.may_become(status) for status in Status)


def test_statuses_never_go_back() -> None:
    assert not Status.RUNNING.may_become(Status.CREATED)
    assert not Status.CREATED.may_become(Status.ACCEPTED)


def test_parse_takes_any_case_and_names_the_statuses() -> None:
    assert Status.parse(" running ") is Status.RUNNING
    with pytest.raises(
        ValueError, match="use one of Accepted, Created, Running, Succeeded, Failed"
    ):
        Status.parse("Paused")


def experiment(**roles: int) -> ExperimentSpec:
    return ExperimentSpec.from_wire(
        {
            "meta": {},
            "environment": {},
            "spec": {role: {"replicas": count} for role, count in roles.items()},
        }
    )


def test_pods_are_named_and_ordered() -> None:
    pods = pods_of("experiment-1-0001", experiment(Worker=11, Ps=1, Chief=1))
    names = [pod.name.removeprefix("experiment-1-0001-") for pod in pods]
    assert names == ["chief-0", "ps-0", *(f"worker-{index}" for index in range(11))]


@pytest.mark.parametrize(
    ("roles", "deciding"),
    [
        ({"Ps": 1, "Worker": 2}, ["worker-0", "worker-1"]),
        ({"Master": 1, "Worker": 2}, ["master-0"]),
        ({"Chief": 1, "Master": 1, "Worker": 1}, ["chief-0"]),
        ({"Ps": 2}, ["ps-0", "ps-1"]),
    ],
)
def test_deciding_pods(roles: dict[str, int], deciding: list[str]) -> None:
    found = deciding_pods(pods_of("e", experiment(**roles)))
    assert [pod.name.removeprefix("e-") for pod in found] == deciding
