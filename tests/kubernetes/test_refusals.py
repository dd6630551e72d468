"""What a cluster refuses, and what is said of it; the cluster is a stand-in."""

from __future__ import annotations

import json

import pytest

from submarine_jupyter.errors import ConfigurationError, SpecError
from submarine_jupyter.spec import ExperimentSpec

from ..server.api import experiment, wait_until
from .cluster import StandIn
from .runs import ID, Runs


def test_without_the_operator_a_spec_is_refused(cluster: StandIn, runs: Runs) -> None:
    cluster.server.served = {"pytorchjobs"}
    spec = ExperimentSpec.from_wire(experiment("python train.py"))
    wait_until(lambda: "has no tfjobs" in (runs.submitter.obstacle(ID, spec) or ""))
    with pytest.raises(SpecError) as refusal:
        runs.submitter.check(spec)
    said = str(refusal.value)
    assert "the cluster has no tfjobs.kubeflow.org" in said
    assert "kubectl apply --server-side -k" in said
    other = ExperimentSpec.from_wire(experiment("python train.py", "PyTorch", Master=1))
    wait_until(lambda: runs.submitter.obstacle(ID, other) is None)
    runs.submitter.check(other)


def test_who_may_not_make_jobs_is_told_what_lacks(cluster: StandIn, runs: Runs) -> None:
    cluster.server.forbidden = {("create", "tfjobs")}
    spec = ExperimentSpec.from_wire(experiment("python train.py"))
    with pytest.raises(SpecError, match=r"may not create tfjobs\.kubeflow\.org in namespace ml"):
        runs.submitter.check(spec)
    runs.hand_over(experiment("python train.py"))
    end = runs.end()
    assert end.reason == "Forbidden"
    assert "submarine-jupyter check --submitter kubernetes" in (end.message or "")


def test_a_job_of_somebody_else_is_left_alone(cluster: StandIn, runs: Runs) -> None:
    other = {"kind": "TFJob", "metadata": {"name": ID, "labels": {}}, "spec": {}}
    cluster.operator.is_running = False
    cluster.server.do(lambda: cluster.server.store.create("tfjobs", other))
    runs.hand_over(experiment("python train.py"))
    assert "not ours" in (runs.end().message or "")
    assert cluster.server.store.get("tfjobs", ID) is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be used"),
        ("no: [yaml", "cannot be used"),
        (json.dumps({"current-context": "a", "contexts": [], "clusters": []}), "name a in"),
    ],
)
def test_a_bad_kubeconfig_is_refused(cluster: StandIn, runs: Runs, content: str, said: str) -> None:
    cluster.kubeconfig.write_text(content)
    with pytest.raises(ConfigurationError) as refusal:
        assert runs.submitter is not None
    assert said in str(refusal.value)
    assert "--kube-context" in str(refusal.value)


def test_no_kubeconfig_says_where_it_was_looked_for(cluster: StandIn, runs: Runs) -> None:
    cluster.kubeconfig.unlink()
    with pytest.raises(ConfigurationError, match=r"there is no kubeconfig at .*set KUBECONFIG"):
        assert runs.submitter is not None
