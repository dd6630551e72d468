"""What is made of a spec, part by part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from submarine_jupyter.server.submitters.kubernetes.containers import resources_of
from submarine_jupyter.server.submitters.kubernetes.manifests import (
    Terms,
    Wanted,
    job_manifest,
    replicas_patch,
    secret_manifest,
)
from submarine_jupyter.server.submitters.kubernetes.plan import describe, problems
from submarine_jupyter.server.submitters.kubernetes.settings import KubernetesSettings
from submarine_jupyter.server.submitters.run.rules import Rules
from submarine_jupyter.spec import EnvironmentSpec, ExperimentSpec
from submarine_jupyter.spec.code import Credentials

from .models import assert_is

ID = "experiment-1647574374688-0002"
GIT = {"syncMode": "git", "git": {"url": "https://example.org/a.git", "branch": "dev"}}


def spec_of(framework: str = "TensorFlow", **changes: Any) -> ExperimentSpec:
    roles = changes.pop("roles", {"Worker": 2})
    tasks = {
        role: {"replicas": count, "resources": changes.get("resources", "cpu=1,memory=1024M")}
        for role, count in roles.items()
    }
    return ExperimentSpec.from_wire(
        {
            "meta": {
                "name": "digits",
                "framework": framework,
                "cmd": changes.get("cmd", "python train.py"),
                "envVars": changes.get("env", {}),
            },
            "environment": changes.get("environment", {"image": "tf:1"}),
            "spec": tasks,
            "code": changes.get("code"),
        }
    )


def wanted(framework: str = "TensorFlow", **changes: Any) -> Wanted:
    credentials = changes.pop("credentials", None)
    return Wanted(ID, spec_of(framework, **changes), credentials=credentials)


def manifest(framework: str = "TensorFlow", terms: Terms | None = None, **changes: Any) -> Any:
    return job_manifest(wanted(framework, **changes), terms or Terms(owner="ab12"), "run-1")


def container(job: Any, replica: str = "Worker") -> Any:
    (specs,) = [value for name, value in job["spec"].items() if name.endswith("ReplicaSpecs")]
    (found,) = specs[replica]["template"]["spec"]["containers"]
    return found


def variables(job: Any, replica: str = "Worker") -> dict[str, Any]:
    env = container(job, replica)["env"]
    assert len({entry["name"] for entry in env}) == len(env)
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in env}


@pytest.mark.parametrize(
    ("framework", "roles", "kind", "key", "types", "name"),
    [
        ("tensorflow", {"Ps": 1, "Worker": 2}, "TFJob", "tfReplicaSpecs", {"PS", "Worker"},
         "tensorflow"),
        ("TensorFlow", {"Chief": 1, "Evaluator": 1, "Master": 1}, "TFJob", "tfReplicaSpecs",
         {"Chief", "Evaluator", "Master"}, "tensorflow"),
        ("PyTorch", {"Master": 1, "Worker": 3}, "PyTorchJob", "pytorchReplicaSpecs",
         {"Master", "Worker"}, "pytorch"),
        ("XGBoost", {"Master": 1, "Worker": 3}, "XGBoostJob", "xgbReplicaSpecs",
         {"Master", "Worker"}, "xgboost"),
    ],
)  # fmt: skip
def test_each_framework_has_its_kind(  # noqa: PLR0917
    framework: str, roles: dict[str, int], kind: str, key: str, types: set[str], name: str
) -> None:
    job = manifest(framework, roles=roles)
    assert (job["apiVersion"], job["kind"]) == ("kubeflow.org/v1", kind)
    assert set(job["spec"][key]) == types
    assert {container(job, of)["name"] for of in types} == {name}
    counts = {of: replica["replicas"] for of, replica in job["spec"][key].items()}
    assert counts == {("PS" if role == "Ps" else role): n for role, n in roles.items()}


@pytest.mark.parametrize("framework", ["TensorFlow", "PyTorch", "XGBoost"])
@pytest.mark.parametrize("is_full", [False, True])
def test_the_published_models_take_every_manifest(framework: str, is_full: bool) -> None:
    names = {"TensorFlow": "TFJob", "PyTorch": "PyTorchJob", "XGBoost": "XGBoostJob"}
    changes: dict[str, Any] = {"roles": {"Master": 1, "Worker": 2}}
    terms = Terms()
    if is_full:
        env = {"LR": "0.1", "HF_TOKEN": "hf_1"}
        resources = "cpu=2,memory=2Gi,nvidia.com/gpu=1"
        changes |= {"code": GIT, "env": env, "resources": resources}
        changes["credentials"] = Credentials("me", "secret")
        settings = KubernetesSettings(double_memory=True, output_claim="data")
        terms = Terms(settings, Rules(backoff_limit=3), "ab12")
    job = manifest(framework, terms, **changes)
    assert_is(f"KubeflowOrgV1{names[framework]}", job, names[framework])
    secret = secret_manifest(wanted(framework, **changes), terms)
    assert (secret is not None) == is_full
    if secret is not None:
        assert_is("V1Secret", secret, "Secret")


def test_a_field_that_no_model_has_is_noticed() -> None:
    job = manifest()
    job["spec"]["backoffLimit"] = 3
    with pytest.raises(AssertionError, match="no field backoffLimit"):
        assert_is("KubeflowOrgV1TFJob", job)


def test_everything_bears_the_names_of_its_experiment() -> None:
    job = manifest()
    labels = {
        "submarine-experiment-name": "digits",
        "submarine-experiment-id": ID,
        "submarine-jupyter/server": "ab12",
    }
    template = job["spec"]["tfReplicaSpecs"]["Worker"]["template"]
    assert job["metadata"]["name"] == ID
    assert job["metadata"]["labels"] == template["metadata"]["labels"] == labels
    assert job["metadata"]["annotations"] == {"submarine-jupyter/run": "run-1"}
    assert template["metadata"]["annotations"] == {"sidecar.istio.io/inject": "false"}


@pytest.mark.parametrize(
    ("text", "double", "requests", "limits"),
    [
        ("cpu=1,memory=1024M", False, {"cpu": "1", "memory": "1024M"}, {"memory": "1024M"}),
        ("cpu=1,memory=1G", True, {"cpu": "1", "memory": "1G"}, {"memory": "2000000000"}),
        ("cpu=500m", False, {"cpu": "500m"}, {}),
        ("memory=1Gi", False, {"memory": "1Gi"}, {"memory": "1Gi"}),
        ("cpu=1,nvidia.com/gpu=2", True, {"cpu": "1", "nvidia.com/gpu": "2"},
         {"nvidia.com/gpu": "2"}),
        ("cpu=1,nvidia.com/gpu=0,disk=5G", False, {"cpu": "1"}, {}),
    ],
)  # fmt: skip
def test_what_a_replica_asks_for_is_its_request(
    text: str, double: bool, requests: dict[str, str], limits: dict[str, str]
) -> None:
    found = resources_of(text, KubernetesSettings(double_memory=double))
    assert found == {"requests": requests, "limits": limits}


@pytest.mark.parametrize(
    ("limit", "restart", "policy"),
    [
        (0, "Never", {"cleanPodPolicy": "Running"}),
        (3, "OnFailure", {"cleanPodPolicy": "Running", "backoffLimit": 3}),
    ],
)
def test_restarts_are_the_servers_rule(limit: int, restart: str, policy: dict[str, Any]) -> None:
    job = manifest(terms=Terms(rules=Rules(backoff_limit=limit, grace=7.5)))
    replica = job["spec"]["tfReplicaSpecs"]["Worker"]
    assert replica["restartPolicy"] == restart
    assert job["spec"]["runPolicy"] == policy
    assert replica["template"]["spec"]["terminationGracePeriodSeconds"] == 8


@pytest.mark.parametrize(
    ("framework", "policy"), [("TensorFlow", "AllWorkers"), ("PyTorch", None), ("XGBoost", None)]
)
def test_all_workers_decide_where_there_is_no_chief(framework: str, policy: str | None) -> None:
    assert manifest(framework, roles={"Master": 1})["spec"].get("successPolicy") == policy


@pytest.mark.parametrize(
    ("cmd", "words"),
    [
        ("python train.py --lr 0.1", ["python", "train.py", "--lr", "0.1"]),
        ("python -c 'print(1)\nprint(2)'", ["python", "-c", "print(1)\nprint(2)"]),
        # Kubernetes would put variables in for these.
        ("echo $(JOB_ID) $HOME $$", ["echo", "$$(JOB_ID)", "$$HOME", "$$$$"]),
    ],
)
def test_a_command_arrives_word_by_word(cmd: str, words: list[str]) -> None:
    found = container(manifest(cmd=cmd))
    assert found["command"] == words
    assert "args" not in found


def test_variables_name_the_experiment_and_the_pod() -> None:
    env = {"LR": "$(x)", "SUBMARINE_WORKDIR": "/home/me", "SUBMARINE_PYTHON": "/opt/python"}
    found = variables(manifest(env=env, roles={"Ps": 1, "Worker": 2}, resources="cpu=4"), "PS")
    index = "metadata.labels['training.kubeflow.org/replica-index']"
    assert found == {
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "4",
        "LOCAL_RANK": "0",
        "LR": "$$(x)",
        "JOB_ID": ID,
        "SUBMARINE_EXPERIMENT_ID": ID,
        "SUBMARINE_EXPERIMENT_NAME": "digits",
        "SUBMARINE_ROLE": "Ps",
        "SUBMARINE_POD_NAME": {"fieldRef": {"fieldPath": "metadata.name"}},
        "SUBMARINE_INDEX": {"fieldRef": {"fieldPath": index}},
        "SUBMARINE_OUTPUT_DIR": "/submarine/output",
        "SUBMARINE_TENSORBOARD_LOG_DIR": "/submarine/output/tensorboard",
    }


def test_workers_without_a_master_are_told_where_to_meet() -> None:
    found = variables(manifest("PyTorch", roles={"Worker": 3}))
    index = {"fieldRef": {"fieldPath": "metadata.labels['training.kubeflow.org/replica-index']"}}
    assert found.items() >= {"MASTER_ADDR": f"{ID}-worker-0", "WORLD_SIZE": "3"}.items()
    assert found["RANK"] == found["PET_NODE_RANK"] == index
    assert found["PET_MASTER_ADDR"] == found["MASTER_ADDR"]
    assert found["PET_MASTER_PORT"] == found["MASTER_PORT"]
    # With a master it is the operator that tells them.
    assert "RANK" not in variables(manifest("PyTorch", roles={"Master": 1, "Worker": 3}))


def test_secrets_are_referred_to_and_nowhere_else() -> None:
    changes: dict[str, Any] = {"env": {"HF_TOKEN": "hf_1", "LR": "1"}, "code": GIT}
    changes["credentials"] = Credentials("me", "pass$(word)")
    job = manifest(**changes)
    reference = {"secretKeyRef": {"name": ID, "key": "Worker.HF_TOKEN"}}
    assert variables(job)["HF_TOKEN"] == reference
    text = json.dumps(job)
    assert "hf_1" not in text
    assert "pass$" not in text
    secret = secret_manifest(wanted(**changes), Terms())
    assert secret is not None
    assert secret["stringData"] == {
        "Worker.HF_TOKEN": "hf_1",
        "git.username": "me",
        "git.password": "pass$(word)",
    }


def test_code_is_fetched_before_the_program_starts() -> None:
    job = manifest(code=GIT, credentials=Credentials("me", "secret"))
    pod = job["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]
    (fetching,) = pod["initContainers"]
    env = {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in fetching["env"]}
    assert (
        env.items()
        >= {
            "GITSYNC_REPO": "https://example.org/a.git",
            "GITSYNC_REF": "dev",
            "GITSYNC_ROOT": "/code",
            "GITSYNC_LINK": "current",
            "GITSYNC_ONE_TIME": "true",
        }.items()
    )
    assert env["GITSYNC_PASSWORD"] == {"secretKeyRef": {"name": ID, "key": "git.password"}}
    mount = {"name": "code", "mountPath": "/code"}
    assert fetching["volumeMounts"] == [mount]
    (program,) = pod["containers"]
    assert mount in program["volumeMounts"]
    assert program["workingDir"] == "/code/current"
    assert variables(job)["CODE_PATH"] == "/code"
    assert {"name": "code", "emptyDir": {}} in pod["volumes"]


def test_output_is_lost_or_goes_to_the_servers_own_volume() -> None:
    lost = manifest()["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]
    assert lost["volumes"] == [{"name": "output", "emptyDir": {}}]
    terms = Terms(KubernetesSettings(output_claim="data"))
    kept = manifest(terms=terms)["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]
    assert kept["volumes"] == [{"name": "output", "persistentVolumeClaim": {"claimName": "data"}}]
    (mount,) = kept["containers"][0]["volumeMounts"]
    assert mount["subPath"] == f"experiments/{ID}/output"
    assert (
        any("lost with the pod" in said for said in describe(wanted(), terms.settings)["ignored"])
        is False
    )
    assert any(
        "lost with the pod" in said for said in describe(wanted(), Terms().settings)["ignored"]
    )


@pytest.mark.parametrize(
    ("environment", "named", "own", "image"),
    [
        ({"image": "a:1"}, None, "server:1", "a:1"),
        ({"dockerImage": "b:1"}, None, None, "b:1"),
        ({"name": "mine"}, EnvironmentSpec(docker_image="c:1"), "server:1", "c:1"),
        ({}, None, "server:1", "server:1"),
    ],
)
def test_the_nearest_image_counts(
    environment: dict[str, str], named: EnvironmentSpec | None, own: str | None, image: str
) -> None:
    terms = Terms(KubernetesSettings(image=own))
    job = job_manifest(Wanted(ID, spec_of(environment=environment), named), terms, "run")
    assert container(job)["image"] == image


@pytest.mark.parametrize(
    ("framework", "changes", "field", "said"),
    [
        ("TensorFlow", {"environment": {}}, "environment.image", "--kube-image"),
        ("PyTorch", {"roles": {"Master": 2}}, "spec.Master.replicas", "one Master"),
        ("XGBoost", {"roles": {"Worker": 2}}, "spec", "has no Master"),
        ("TensorFlow", {"code": {"syncMode": "git", "git": {"url": "ssh://git@h/p.git"}}},
         "code.git.url", "use https://"),
    ],
)  # fmt: skip
def test_what_no_cluster_could_run_is_refused(
    framework: str, changes: dict[str, Any], field: str, said: str
) -> None:
    (problem,) = problems(spec_of(framework, **changes), None, KubernetesSettings())
    assert problem.field == field
    assert said in problem.message


def test_a_patch_gives_new_replicas_and_leaves_other_roles_alone() -> None:
    patch = replicas_patch(manifest(roles={"Worker": 5}))
    assert list(patch["spec"]) == ["tfReplicaSpecs"]
    assert list(patch["spec"]["tfReplicaSpecs"]) == ["Worker"]
    assert patch["spec"]["tfReplicaSpecs"]["Worker"]["replicas"] == 5
