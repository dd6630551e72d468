"""What disturbs a run on a cluster, and what becomes of it; the cluster is a stand-in."""

from __future__ import annotations

from functools import partial

import pytest

from submarine_jupyter.server.submitters.base import PodState
from submarine_jupyter.server.submitters.kubernetes.replaying import GAP
from submarine_jupyter.spec import ExperimentSpec

from ..server.api import experiment, wait_until
from .cluster import StandIn, ended, status
from .runs import ID, WORKER, Runs


def numbered(first: int, last: int) -> list[bytes]:
    return [b"%d\n" % number for number in range(first, last)]


def test_logs_are_followed_from_the_start_while_connections_break(
    cluster: StandIn, runs: Runs
) -> None:
    runs.submit()
    log = cluster.start(WORKER)
    for first in range(0, 300, 100):
        lines = numbered(first, first + 100)
        cluster.server.do(partial(log.write, *lines))
        wait_until(partial(runs.has_read, lines[-1]))
        cluster.server.do(cluster.server.cut)
    cluster.finish(WORKER)
    runs.end()
    assert runs.log() == b"".join(numbered(0, 300))
    assert "LogGap" not in runs.reasons()


def test_lines_that_the_node_has_dropped_are_marked(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    log = cluster.start(WORKER)
    cluster.server.do(lambda: log.write(*numbered(0, 3), at=1767225600 * 10**9))
    wait_until(lambda: runs.log() == b"0\n1\n2\n")
    runs.stop()
    cluster.server.do(lambda: log.write(*numbered(3, 9), at=1767225700 * 10**9))
    cluster.server.do(lambda: log.rotate(keep=2))
    runs.restart()
    cluster.finish(WORKER)
    runs.end()
    assert runs.log() == b"0\n1\n2\n" + GAP + b"7\n8\n"
    assert "LogGap" in runs.reasons()


def test_a_restarted_server_finds_its_run_and_makes_no_second_one(
    cluster: StandIn, runs: Runs
) -> None:
    runs.submit(Worker=2)
    log = cluster.start(WORKER)
    cluster.server.do(lambda: log.write(*numbered(0, 50)))
    cluster.start(f"{ID}-worker-1")
    wait_until(lambda: runs.log().endswith(b"49\n"))
    runs.stop()
    cluster.server.do(lambda: log.write(*numbered(50, 80)))
    cluster.finish(WORKER)
    runs.restart()
    wait_until(lambda: runs.pod().state is PodState.SUCCEEDED)
    cluster.finish(f"{ID}-worker-1")
    assert runs.end().status.value == "Succeeded"
    assert runs.log() == b"".join(numbered(0, 80))
    made = [path for verb, path in cluster.server.asked if verb == "create" and "jobs" in path]
    assert len(made) == 1
    starts = [entry.pod for entry in runs.report().happened if entry.reason == "Started"]
    assert sorted(str(pod) for pod in starts) == [WORKER, f"{ID}-worker-1"]


def test_a_run_that_ended_while_the_server_was_away(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    log = cluster.start(WORKER)
    wait_until(lambda: runs.pod().state is PodState.RUNNING)
    runs.stop()
    cluster.server.do(lambda: log.write(b"last words\n"))
    cluster.finish(WORKER, 3)
    runs.restart()
    end = runs.end()
    assert (end.reason, end.pod, end.message) == ("Error", WORKER, "worker-0 exited with code 3")
    assert runs.log() == b"last words\n"


def test_a_job_that_was_removed_meanwhile_is_not_made_again(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    cluster.start(WORKER)
    wait_until(lambda: runs.pod().state is PodState.RUNNING)
    runs.stop()
    cluster.server.do(lambda: cluster.operator.remove_pod(cluster.pod(WORKER)))
    cluster.server.do(lambda: cluster.server.store.remove("tfjobs", ID))
    runs.restart()
    assert runs.end().reason == "JobDeleted"
    assert cluster.server.store.get("tfjobs", ID) is None


def test_an_answer_that_the_watch_has_overtaken_is_old(cluster: StandIn, runs: Runs) -> None:
    def finish() -> None:
        pod = cluster.pod(WORKER)
        cluster.server.log_of(pod["metadata"]["uid"]).end()
        done = {"phase": "Succeeded", "containerStatuses": [status(ended())]}
        cluster.operator.set_status(pod, done)

    cluster.server.after_create = finish
    runs.submit()
    assert runs.end().status.value == "Succeeded"


@pytest.mark.parametrize("as_event", [True, False])
def test_a_watch_that_is_too_old_begins_again(cluster: StandIn, runs: Runs, as_event: bool) -> None:
    cluster.server.gone_as_event = as_event
    runs.submit()
    cluster.start(WORKER)
    wait_until(lambda: runs.pod().state is PodState.RUNNING)

    def forget() -> None:
        # What happens while the connection is broken is forgotten before it can be asked for.
        cluster.server.cut()
        pod = cluster.pod(WORKER)
        cluster.operator.set_status(
            pod, {"phase": "Succeeded", "containerStatuses": [status(ended())]}
        )
        cluster.server.log_of(pod["metadata"]["uid"]).end()
        cluster.server.store.compact()

    cluster.server.do(forget)
    assert runs.end().status.value == "Succeeded"


def test_a_new_token_is_read_when_the_old_one_is_refused(cluster: StandIn, runs: Runs) -> None:
    runs.submit()
    log = cluster.start(WORKER)
    cluster.server.do(lambda: log.write(b"before\n"))
    wait_until(lambda: runs.log() == b"before\n")
    cluster.write_kubeconfig("second")

    def change() -> None:
        cluster.server.token = "second"
        cluster.server.cut()
        log.write(b"after\n")

    cluster.server.do(change)
    wait_until(lambda: runs.log() == b"before\nafter\n")
    cluster.finish(WORKER)
    assert runs.end().status.value == "Succeeded"


def test_an_api_server_that_is_away_delays_and_says_so(cluster: StandIn, runs: Runs) -> None:
    spec = ExperimentSpec.from_wire(experiment("python train.py"))
    wait_until(lambda: runs.submitter.obstacle(ID, spec) is None)
    cluster.server.is_down = True
    cluster.server.do(cluster.server.cut)
    wait_until(lambda: "503" in (runs.submitter.obstacle(ID, spec) or ""))
    runs.hand_over(experiment("python train.py"))
    wait_until(lambda: any("answers 503" in said for _, said in runs.told()))
    cluster.server.is_down = False
    wait_until(lambda: runs.has("worker-0"))
    wait_until(lambda: runs.submitter.obstacle(ID, spec) is None)
