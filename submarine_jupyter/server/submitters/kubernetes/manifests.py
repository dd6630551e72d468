"""The manifests of a run, as plain data: its job, and the Secret that the job refers to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....spec import EnvironmentSpec, ExperimentSpec
from ....spec.code import Credentials, Repository, repository_of
from ..run.rules import Rules
from .containers import (
    CODE,
    OUTPUT,
    command_of,
    image_of,
    literal,
    resources_of,
    secret_variables,
    variables_of,
)
from .kinds import API, JobKind, kind_of
from .settings import KubernetesSettings

OWNER_LABEL = "submarine-jupyter/server"
NAME_LABEL = "submarine-experiment-name"
ID_LABEL = "submarine-experiment-id"
RUN_ANNOTATION = "submarine-jupyter/run"
GIT_CONTAINER = "git-sync"
_CODE_VOLUME = "code"
_OUTPUT_VOLUME = "output"
_GIT_TIMEOUT = "600s"
_USERNAME, _PASSWORD = "git.username", "git.password"

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to run.

    Attributes
    ----------
    environment
        The one that the spec names, or None.
    credentials
        Those of the repository, or None.
    """

    experiment_id: str
    spec: ExperimentSpec
    environment: EnvironmentSpec | None = None
    credentials: Credentials | None = None


@dataclass(frozen=True)
class Terms:
    """On what terms a server has it run.

    Attributes
    ----------
    owner
        The mark of the server's data directory, by which it finds its own jobs.
    """

    settings: KubernetesSettings = field(default_factory=KubernetesSettings)
    rules: Rules = field(default_factory=Rules)
    owner: str = ""


def labels_of(wanted: Wanted, terms: Terms) -> dict[str, str]:
    """Return the labels of everything of a run."""
    name = wanted.spec.meta.name or ""
    return {NAME_LABEL: name, ID_LABEL: wanted.experiment_id, OWNER_LABEL: terms.owner}


def job_manifest(wanted: Wanted, terms: Terms, run: str) -> Manifest:
    """Return the job of a run.

    Parameters
    ----------
    run
        The mark of this very run, by which a job of the same name is known to be another's.
    """
    spec, rules = wanted.spec, terms.rules
    kind = kind_of(spec.meta.framework)
    replicas = {
        kind.replica_type(role): {
            "replicas": task.replica_count,
            "restartPolicy": "OnFailure" if rules.backoff_limit else "Never",
            "template": _template(wanted, terms, role, kind),
        }
        for role, task in spec.spec.items()
    }
    return {
        "apiVersion": API,
        "kind": kind.kind,
        "metadata": {
            "name": wanted.experiment_id,
            "labels": labels_of(wanted, terms),
            "annotations": {RUN_ANNOTATION: run},
        },
        "spec": {"runPolicy": _run_policy(rules), **_policy(kind), kind.replicas_key: replicas},
    }


def secret_manifest(wanted: Wanted, terms: Terms) -> Manifest | None:
    """Return the Secret of a run: what looks like a secret in its variables, and its credentials.

    None for a run that has neither.
    """
    values = secret_variables(wanted.spec)
    if wanted.credentials is not None:
        values[_USERNAME] = wanted.credentials.username
        values[_PASSWORD] = wanted.credentials.password
    if not values:
        return None
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": wanted.experiment_id, "labels": labels_of(wanted, terms)},
        "stringData": values,
    }


def replicas_patch(job: Mapping[str, Any]) -> Manifest:
    """Return the merge patch that gives a job the replicas of a manifest.

    Roles that the manifest leaves out stay as they are.
    """
    spec = {name: value for name, value in job["spec"].items() if name.endswith("ReplicaSpecs")}
    return {"spec": spec}


def _run_policy(rules: Rules) -> dict[str, Any]:
    # What has ended stays, with its log; what still runs at the end is the operator's to end.
    policy: dict[str, Any] = {"cleanPodPolicy": "Running"}
    if rules.backoff_limit:
        # Left out where it is 0: at its limit the operator removes every pod, ended ones too.
        policy["backoffLimit"] = rules.backoff_limit
    return policy


def _policy(kind: JobKind) -> dict[str, Any]:
    # By default a TFJob succeeds with its first worker.
    return {"successPolicy": "AllWorkers"} if kind.kind == "TFJob" else {}


def _template(wanted: Wanted, terms: Terms, role: str, kind: JobKind) -> Manifest:
    experiment_id, spec = wanted.experiment_id, wanted.spec
    output, claim = _output(experiment_id, terms.settings)
    mounts, volumes = [output], [claim]
    container: Manifest = {
        "name": kind.container,
        "image": image_of(spec, role, wanted.environment, terms.settings),
        "command": command_of(spec, role),
        "env": variables_of(experiment_id, spec, role, kind),
        "resources": resources_of(spec.spec[role].resources, terms.settings),
        "volumeMounts": mounts,
    }
    pod: Manifest = {
        "containers": [container],
        "volumes": volumes,
        "terminationGracePeriodSeconds": math.ceil(terms.rules.grace),
    }
    repository = repository_of(spec.code)
    if repository is not None:
        mounts.append({"name": _CODE_VOLUME, "mountPath": CODE})
        volumes.append({"name": _CODE_VOLUME, "emptyDir": {}})
        container["workingDir"] = f"{CODE}/current"
        secret = experiment_id if wanted.credentials else None
        pod["initContainers"] = [_git_container(repository, terms.settings.git_image, secret)]
    return {
        "metadata": {
            "labels": labels_of(wanted, terms),
            # A sidecar would keep the pod from ever being over.
            "annotations": {"sidecar.istio.io/inject": "false"},
        },
        "spec": pod,
    }


def _output(experiment_id: str, settings: KubernetesSettings) -> tuple[Manifest, Manifest]:
    """Return mount and volume of the directory that a run writes its files to."""
    mount = {"name": _OUTPUT_VOLUME, "mountPath": OUTPUT}
    if not settings.output_claim:
        return mount, {"name": _OUTPUT_VOLUME, "emptyDir": {}}
    claim = {"claimName": settings.output_claim}
    own = {**mount, "subPath": f"experiments/{experiment_id}/output"}
    return own, {"name": _OUTPUT_VOLUME, "persistentVolumeClaim": claim}


def _git_container(repository: Repository, image: str, secret: str | None) -> Manifest:
    """Return the container that fetches the code before the program starts."""
    settings = {
        "GITSYNC_REPO": repository.url,
        "GITSYNC_REF": repository.branch or "HEAD",
        "GITSYNC_ROOT": CODE,
        "GITSYNC_LINK": "current",
        "GITSYNC_ONE_TIME": "true",
        "GITSYNC_DEPTH": "1",
        "GITSYNC_SYNC_TIMEOUT": _GIT_TIMEOUT,
    }
    if repository.trust_certs:
        settings["GITSYNC_GIT_CONFIG"] = "http.sslVerify:false"
    env: list[Manifest] = [
        {"name": name, "value": literal(value)} for name, value in settings.items()
    ]
    if secret is not None:
        for name, key in (("GITSYNC_USERNAME", _USERNAME), ("GITSYNC_PASSWORD", _PASSWORD)):
            reference = {"name": secret, "key": key}
            env.append({"name": name, "valueFrom": {"secretKeyRef": reference}})
    return {
        "name": GIT_CONTAINER,
        "image": image,
        "env": env,
        "volumeMounts": [{"name": _CODE_VOLUME, "mountPath": CODE}],
    }
