"""The container of a replica: its image, command, variables, resources and volumes.

Everything here is plain data in, plain data out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....spec import EnvironmentSpec, ExperimentSpec
from ....spec.commands import words_of
from ....spec.pods import pod_name
from ....spec.resources import GPU, parse_resources, resource_map
from ....spec.secrets import is_secret
from ..run.rules import MEMORY_OVERCOMMIT
from .kinds import JobKind
from .settings import KubernetesSettings

CODE = "/code"
OUTPUT = "/submarine/output"
INDEX_LABEL = "training.kubeflow.org/replica-index"
_PYTORCH_PORT = 23456
# Where the caller is means nothing on a cluster.
_OF_THE_CALLER = ("SUBMARINE_WORKDIR", "SUBMARINE_PYTHON")

Variable = dict[str, Any]


def image_of(
    spec: ExperimentSpec,
    role: str,
    environment: EnvironmentSpec | None,
    settings: KubernetesSettings,
) -> str | None:
    """Return the image of a role: its own, the spec's, its named environment's, the server's."""
    named = environment or EnvironmentSpec()
    candidates = (
        spec.spec[role].image,
        spec.environment.image,
        spec.environment.docker_image,
        named.image,
        named.docker_image,
        settings.image,
    )
    return next((image for image in candidates if image), None)


def literal(text: str) -> str:
    """Return a text that Kubernetes leaves as it is, where it would replace `$(NAME)`."""
    return text.replace("$", "$$")


def command_of(spec: ExperimentSpec, role: str) -> list[str]:
    """Return the words of a role's command."""
    return [literal(word) for word in words_of(spec.command_of(role))]


def resources_of(text: str | None, settings: KubernetesSettings) -> dict[str, dict[str, str]]:
    """Return what a container asks for and what it may take."""
    given = resource_map(text or "cpu=1")
    asked = parse_resources(text or "cpu=1")
    requests = {name: value for name, value in given.items() if name in {"cpu", "memory"}}
    limits: dict[str, str] = {}
    if asked.memory is not None:
        factor = MEMORY_OVERCOMMIT if settings.double_memory else 1
        limits["memory"] = given["memory"] if factor == 1 else str(asked.memory * factor)
    if asked.gpu:
        # An extended resource cannot be overcommitted: request and limit are one.
        requests[GPU] = limits[GPU] = str(asked.gpu)
    return {"requests": requests, "limits": limits}


def secret_variables(spec: ExperimentSpec) -> dict[str, str]:
    """Return the values that go into the run's Secret: `<role>.<variable>`."""
    return {
        secret_key(role, name): value
        for role in spec.spec
        for name, value in spec.env_of(role).items()
        if value and is_secret(name)
    }


def secret_key(role: str, name: str) -> str:
    """Return the key in the run's Secret of a role's variable."""
    return f"{role}.{name}"


def variables_of(
    experiment_id: str, spec: ExperimentSpec, role: str, kind: JobKind
) -> list[Variable]:
    """Return the variables of a role's containers; the operator adds those of its own."""
    variables: dict[str, Variable] = {}

    def add(name: str, value: str) -> None:
        variables[name] = {"name": name, "value": literal(value)}

    threads = max(1, round(parse_resources(spec.spec[role].resources or "cpu=1").cpu))
    for name, value in {
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": str(threads),
        "LOCAL_RANK": "0",
    }.items():
        add(name, value)
    variables |= _meeting(experiment_id, spec, role, kind)
    for name, value in spec.env_of(role).items():
        if name in _OF_THE_CALLER:
            continue
        if value and is_secret(name):
            reference = {"name": experiment_id, "key": secret_key(role, name)}
            variables[name] = {"name": name, "valueFrom": {"secretKeyRef": reference}}
        else:
            add(name, value)
    for name, value in {
        "JOB_ID": experiment_id,
        "SUBMARINE_EXPERIMENT_ID": experiment_id,
        "SUBMARINE_EXPERIMENT_NAME": spec.meta.name or "",
        "SUBMARINE_ROLE": role,
        "SUBMARINE_OUTPUT_DIR": OUTPUT,
        "SUBMARINE_TENSORBOARD_LOG_DIR": f"{OUTPUT}/tensorboard",
    }.items():
        add(name, value)
    variables["SUBMARINE_POD_NAME"] = _of_the_pod("SUBMARINE_POD_NAME", "metadata.name")
    variables["SUBMARINE_INDEX"] = _index("SUBMARINE_INDEX")
    if spec.code is not None:
        add("CODE_PATH", CODE)
    return list(variables.values())


def _meeting(
    experiment_id: str, spec: ExperimentSpec, role: str, kind: JobKind
) -> Mapping[str, Variable]:
    """Return how PyTorch's workers meet without a master: the operator tells them nothing then."""
    if kind.kind != "PyTorchJob" or "Master" in spec.spec:
        return {}
    size = str(spec.spec[role].replica_count)
    host, port = pod_name(experiment_id, role, 0), str(_PYTORCH_PORT)
    said = {
        "MASTER_ADDR": host,
        "MASTER_PORT": port,
        "WORLD_SIZE": size,
        "PET_MASTER_ADDR": host,
        "PET_MASTER_PORT": port,
        "PET_NNODES": size,
    }
    ranks = {name: _index(name) for name in ("RANK", "PET_NODE_RANK")}
    return {name: {"name": name, "value": value} for name, value in said.items()} | ranks


def _of_the_pod(name: str, field: str) -> Variable:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}}


def _index(name: str) -> Variable:
    return _of_the_pod(name, f"metadata.labels['{INDEX_LABEL}']")
