"""What the client does with a server that only has the documented API: Apache Submarine."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from submarine_jupyter import Experiment, ExperimentClient
from submarine_jupyter.client.provenance import COMMIT, PACKAGES, collect, record
from submarine_jupyter.client.size import MAX_STORED, stored_size
from submarine_jupyter.errors import NotOffered, ServerUnavailable, SpecError

from ..apache_submarine import ApacheSubmarine
from .test_client import spec
from .trainings import asynchronous


@pytest.fixture
def server() -> Iterator[ApacheSubmarine]:
    with ApacheSubmarine().serving() as server:
        yield server


@pytest.fixture
def client(server: ApacheSubmarine) -> Iterator[ExperimentClient]:
    client = ExperimentClient(server.url)
    yield client
    client.close()


@pytest.fixture
def run(server: ApacheSubmarine, client: ExperimentClient) -> Experiment:
    return client.experiment(server.submit(worker=2).ident)


def test_a_spec_that_is_too_large_is_not_sent(
    server: ApacheSubmarine, client: ExperimentClient
) -> None:
    with pytest.raises(SpecError) as caught:
        client.create_experiment(spec("x" * 70_000))
    assert str(caught.value) == (
        f"the spec takes {stored_size(spec('x' * 70_000)):,} bytes, and this server keeps 60,000 "
        "at most; put the program into a git repository and name that as `code`, such as "
        '{"syncMode": "git", "url": "https://…"}'
    )
    # As its server writes it, each of these takes six bytes.
    with pytest.raises(SpecError, match="name that as `code`"):
        client.create_experiment(spec("=" * 11_000))
    assert server.sent == []
    client.create_experiment(spec("x" * 59_000))
    assert len(server.sent) == 1
    with pytest.raises(SpecError, match="name that as `code`"):
        client.patch_experiment(next(iter(server.experiments)), spec("x" * 70_000))
    assert not any(asked.startswith("PATCH") for asked in server.asked)


def test_the_list_of_packages_goes_first(server: ApacheSubmarine, client: ExperimentClient) -> None:
    large, small = spec("x" * 58_000), spec("x")
    for one in (large, small):
        record(one, collect("."))
        client.create_experiment(one)
    assert stored_size(large) > MAX_STORED
    assert PACKAGES in large["meta"]["envVars"]
    kept = server.sent[0]["meta"]["envVars"]
    assert PACKAGES not in kept
    assert COMMIT in kept
    assert server.sent[1]["meta"]["envVars"] == small["meta"]["envVars"]


def test_a_large_spec_is_welcome_where_the_server_says_so(data_dir: object) -> None:
    client = ExperimentClient()
    created = client.create_experiment(spec("pass  # " + "x" * 100_000))
    assert len(created["spec"]["meta"]["cmd"]) > 100_000


def test_a_lost_create_is_not_sent_again(server: ApacheSubmarine, client: ExperimentClient) -> None:
    client.info()
    server.trouble = lambda: None
    with pytest.raises(ServerUnavailable) as caught:
        client.create_experiment(spec("1"))
    assert str(caught.value) == (
        f"The connection to {server.url} broke off; what was asked for may have been done, so look "
        "at list_experiments() before you try again"
    )
    assert server.asked.count("POST /api/v1/experiment") == 1


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda run: run.stop(), "This server cannot stop a run and keep it; delete() ends and"),
        (lambda run: run.pods(), "This server does not list pods; logs() names them"),
        (lambda run: run.events(), "This server keeps no events; data has the times of"),
        (lambda run: run.files(), "This server keeps no files; have the program copy them"),
        (lambda run: run.open("a"), "This server keeps no files; have the program copy them"),
        (lambda run: run.download("a"), "This server keeps no files; have the program copy them"),
    ],
)
def test_what_it_does_not_have(ask: object, says: str, run: Experiment) -> None:
    assert callable(ask)
    with pytest.raises(NotOffered) as caught:
        ask(run)
    assert str(caught.value).startswith(says)
    assert caught.value.code == 404


def test_metrics_come_from_the_logs(server: ApacheSubmarine, run: Experiment) -> None:
    pod = server.experiments[run.id].pod("worker-0")
    pod.text = "step 1 loss: 0.5\nstep 2 loss: 0.25\n"
    metrics = run.metrics()
    assert list(metrics["value"]) == [0.5, 0.25]
    assert list(metrics["step"]) == [1, 2]
    assert set(metrics["pod"]) == {f"{run.id}-worker-0"}
    assert run.client.compare([run.id]).metrics == {"loss": [0.25]}


def test_functions_and_clones(server: ApacheSubmarine, client: ExperimentClient) -> None:
    first = client.submit(asynchronous, "text")
    second = first.clone(env={"LR": "0.1"})
    assert json.dumps(server.sent[1]["meta"]["cmd"]) == json.dumps(server.sent[0]["meta"]["cmd"])
    assert "experimentId" not in server.sent[1]["meta"]
    assert "resourceMap" not in json.dumps(server.sent[1])
    assert first.diff(second).fields == {"meta.envVars.LR": (None, "0.1")}


def test_lists_are_filtered_all_the_same(server: ApacheSubmarine, client: ExperimentClient) -> None:
    first, second = server.submit(), server.submit()
    second.status = "Failed"
    assert [one["experimentId"] for one in client.list_experiments("failed")] == [second.ident]
    assert len(client.list_experiments()) == 2
    assert client.list_experiments("Succeeded") == []
    assert [one["experimentId"] for one in client.page(status="Accepted").experiments] == [
        first.ident
    ]
