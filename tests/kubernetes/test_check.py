"""`submarine-jupyter check`, and what is to be applied to a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from submarine_jupyter.cli import main
from submarine_jupyter.cli.parser import build_parser
from submarine_jupyter.server.submitters.kubernetes.rights import role

from .cluster import StandIn, running_stand_in
from .double.server import NAMESPACE
from .models import assert_is

SUBMITTER = "submarine_jupyter.server.submitters.kubernetes.submitter"
DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Yield a cluster that runs the commands of its pods."""
    pytest.importorskip("kubernetes_asyncio", reason="pip install '.[kubernetes]'")
    with running_stand_in(tmp_path, tmp_path) as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        yield cluster


def check(*options: str) -> int:
    return main(["check", "--timeout", "60", *options])


def test_a_good_cluster_runs_an_experiment(
    running: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--submitter", "kubernetes") == 0
    said = capsys.readouterr().out
    assert f"ok      API server: {running.server.url}, namespace {NAMESPACE}" in said
    assert "ok      training operator: TFJob, PyTorchJob, XGBoostJob" in said
    assert "ok      experiment: ran and its log was read" in said
    assert running.server.store.all("pytorchjobs") == []


def test_a_missing_right_is_named_and_the_role_printed(
    cluster: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.server.forbidden = {("get", "pods/log"), ("create", "tfjobs")}
    assert check("--submitter", "kubernetes") == 1
    said, _, text = capsys.readouterr().out.partition("apply:\n")
    assert "may not create tfjobs.kubeflow.org, get pods/log in namespace ml" in said
    assert yaml.safe_load(text) == role(NAMESPACE)


def test_a_missing_operator_is_named_with_its_remedy(
    cluster: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.server.served = set()
    assert check("--submitter", "kubernetes") == 1
    said = capsys.readouterr().out
    assert "FAILED  training operator: the cluster has no tfjobs.kubeflow.org" in said
    assert "kubectl apply" in said


def test_a_context_that_is_not_there(cluster: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--submitter", "kubernetes", "--kube-context", "prod") == 1
    assert "context prod of the kubeconfig" in capsys.readouterr().err


def test_this_machine_can_be_checked_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert check() == 0
    assert "ok      experiment" in capsys.readouterr().out


def test_the_client_is_loaded_by_its_submitter_alone() -> None:
    modules = "submarine_jupyter.server.serve, submarine_jupyter.cli.serve"
    program = f"import sys, {modules}, {SUBMITTER}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert SUBMITTER in loaded
    assert not [name for name in loaded if name.startswith("kubernetes")]


def test_without_the_client_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['kubernetes_asyncio'] = None\n"
    program += (
        "from submarine_jupyter.cli import main; main(['check', '--submitter', 'kubernetes'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=False
    )
    assert "pip install 'submarine-jupyter[kubernetes]'" in ran.stderr


def deployed() -> dict[str, dict[str, Any]]:
    names = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"]
    documents = [
        document for name in names for document in yaml.safe_load_all((DEPLOY / name).read_text())
    ]
    return {document["kind"]: document for document in documents}


def test_the_role_to_deploy_is_the_one_that_is_needed() -> None:
    assert deployed()["Role"]["rules"] == role("any")["rules"]


@pytest.mark.parametrize(
    "kind",
    ["ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "Deployment", "Service"],
)
def test_the_published_models_take_what_is_deployed(kind: str) -> None:
    assert_is(f"V1{kind}", deployed()[kind], kind)


def test_the_deployed_server_is_started_with_options_that_it_has() -> None:
    (container,) = deployed()["Deployment"]["spec"]["template"]["spec"]["containers"]
    options = build_parser().parse_args(container["args"])
    assert (options.submitter, options.kube_output_claim) == ("kubernetes", "submarine-data")
