"""From a spec to what is to run on a cluster."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from ....errors import Problem
from ....spec import EnvironmentSpec, ExperimentSpec
from ....spec.code import repository_of
from ....spec.commands import words_of
from ....spec.pods import pods_of
from ....spec.resources import unknown_resources
from ....spec.secrets import mask
from ..run.journal import FORMAT
from .containers import CODE, image_of
from .kinds import kind_of
from .manifests import Terms, Wanted, job_manifest
from .settings import KubernetesSettings

_SCHEMES = ("https",)


def problems(
    spec: ExperimentSpec, environment: EnvironmentSpec | None, settings: KubernetesSettings
) -> Iterator[Problem]:
    """Yield what of a spec no cluster could run."""
    kind = kind_of(spec.meta.framework)
    if not all(image_of(spec, role, environment, settings) for role in spec.spec):
        said = "is missing: on Kubernetes programs run in containers; name an image"
        yield Problem("environment.image", f"{said}, or start the server with --kube-image")
    for role, task in spec.spec.items():
        if role in kind.single and task.replica_count > 1:
            said = f"{task.replicas} is too many: a {kind.kind} has one {role}"
            yield Problem(f"spec.{role}.replicas", said)
    if kind.required is not None and kind.required not in spec.spec:
        said = f"has no {kind.required}, which a {kind.kind} needs; give one with 1 replica"
        yield Problem("spec", said)
    repository = repository_of(spec.code)
    if repository is not None and repository.scheme not in _SCHEMES:
        name = "code.git.url" if spec.code and spec.code.git else "code.url"
        said = f"{repository.scheme}:// is not fetched from on Kubernetes; use https://"
        yield Problem(name, said)


def make_launch(
    wanted: Wanted, terms: Terms, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the content of `launch.json`.

    Parameters
    ----------
    before
        The launch that this one changes. Roles that the spec leaves out stay as they are.
    """
    spec = wanted.spec
    run = before["run"] if before else secrets.token_hex(8)
    asked = pods_of(wanted.experiment_id, spec)
    names = {pod.name for pod in asked}
    plans = {plan["pod"]: plan for plan in before["pods"]} if before else {}
    for name, plan in plans.items():
        if plan["role"] in spec.spec and name not in names:
            plans[name] = {**plan, "retired": True}
    for pod in asked:
        place = {"pod": pod.name, "role": pod.role, "index": pod.index}
        plans[pod.name] = {**place, "retired": False}
    return {
        "v": FORMAT,
        "generation": before["generation"] + 1 if before else 1,
        "experimentId": wanted.experiment_id,
        "run": run,
        **terms.rules.to_launch(),
        "job": job_manifest(wanted, terms, run),
        "pods": list(plans.values()),
    }


def describe(wanted: Wanted, settings: KubernetesSettings) -> dict[str, Any]:
    """Return the plan as people are shown it: without secrets."""
    spec, environment = wanted.spec, wanted.environment
    repository = repository_of(spec.code)
    ignored = [
        f"spec.{role}.resources: {name} is not known; known are cpu, memory and GPUs"
        for role, task in spec.spec.items()
        for name in unknown_resources(task.resources or "")
    ]
    if spec.code is not None and repository is None:
        ignored.append(f"code: syncMode {spec.code.sync_mode} fetches nothing")
    if environment is not None and environment.kernel_spec is not None:
        ignored.append(
            f"environment.name: the packages of {spec.environment.name} are not installed; its "
            "image has to hold them"
        )
    if not settings.output_claim:
        ignored.append(
            "SUBMARINE_OUTPUT_DIR: what is written there is lost with the pod; start the server "
            "with --kube-output-claim to keep it"
        )
    prepares = [f"the code of {repository.url}"] if repository else []
    return {
        "submitter": "kubernetes",
        "pods": [
            {
                "name": pod.name,
                "role": pod.role,
                "index": pod.index,
                "image": image_of(spec, pod.role, environment, settings),
                "argv": words_of(spec.command_of(pod.role)),
                "cwd": f"{CODE}/current" if repository else "that of its image",
                "env": mask(spec.env_of(pod.role)),
            }
            for pod in pods_of(wanted.experiment_id, spec)
        ],
        "ignored": ignored,
        "prepares": prepares,
    }
