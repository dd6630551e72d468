"""From a spec to what is to run on Ray."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....spec import ExperimentSpec
from ....spec.code import repository_of
from ....spec.commands import words_of
from ....spec.pods import Pod, deciding_pods, in_order, pods_of
from ....spec.resources import parse_resources, unknown_resources
from ....spec.secrets import mask
from ..run.files import ExperimentFiles
from ..run.journal import FORMAT
from ..run.rules import MEMORY_OVERCOMMIT, SERVANTS, Rules

# Where the caller is means something on those nodes alone that have it too.
_OF_THE_CALLER = {"directory": "SUBMARINE_WORKDIR", "python": "SUBMARINE_PYTHON"}


def make_launch(
    spec: ExperimentSpec,
    files: ExperimentFiles,
    rules: Rules,
    first: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the content of `launch.json`.

    Parameters
    ----------
    first
        What comes before the replicas: `environment` and `code`.
    before
        The launch that this one changes. New pods make a group of their own, since the groups of
        Ray do not grow; roles that the spec leaves out stay as they are.
    """
    known = {plan["pod"]: plan for plan in before["pods"]} if before else {}
    generation = before["generation"] + 1 if before else 1
    asked = pods_of(files.experiment_id, spec)
    plans = dict(known)
    for pod in asked:
        old = known.get(pod.name)
        group = old["group"] if old else generation
        plan = _plan(pod, spec, files)
        if first["environment"]:
            plan["caller"].pop("python", None)
        plans[pod.name] = {**plan, "group": group}
    names = {pod.name for pod in asked}
    for name, plan in known.items():
        if plan["role"] in spec.spec and name not in names:
            plans[name] = {**plan, "retired": True}
    pods = in_order(
        Pod(plan["pod"], plan["role"], plan["index"])
        for plan in plans.values()
        if not plan["retired"]
    )
    return {
        "v": FORMAT,
        "generation": generation,
        "experimentId": files.experiment_id,
        "framework": spec.meta.framework or "",
        "deciding": [pod.name for pod in deciding_pods(pods)],
        "servants": [pod.name for pod in pods if pod.role in SERVANTS],
        **rules.to_launch(),
        **first,
        "pods": list(plans.values()),
    }


def describe(spec: ExperimentSpec, files: ExperimentFiles) -> dict[str, Any]:
    """Return the plan as people are shown it: without secrets."""
    ignored = []
    images = {spec.environment.image, spec.environment.docker_image}
    images |= {task.image for task in spec.spec.values()}
    if images - {None, ""}:
        ignored.append("image: the Ray submitter runs processes on the nodes, no containers")
    for role, task in spec.spec.items():
        ignored += [
            f"spec.{role}.resources: {name} is not known; known are cpu, memory and GPUs"
            for name in unknown_resources(task.resources or "")
        ]
    pods = []
    for pod in pods_of(files.experiment_id, spec):
        plan = _plan(pod, spec, files)
        pods.append(
            {
                "name": pod.name,
                "role": pod.role,
                "index": pod.index,
                "argv": [word or "python" for word in plan["argv"]],
                "cwd": _directory(spec, plan),
                "env": mask(spec.env_of(pod.role)),
            }
        )
    return {"submitter": "ray", "pods": pods, "ignored": ignored}


def _directory(spec: ExperimentSpec, plan: Mapping[str, Any]) -> str:
    own = "/code/current" if repository_of(spec.code) else "a directory of its own on its node"
    callers = plan["caller"].get("directory")
    return f"{callers} where its node has that, else {own}" if callers else own


def _plan(pod: Pod, spec: ExperimentSpec, files: ExperimentFiles) -> dict[str, Any]:
    asked = parse_resources(spec.spec[pod.role].resources or "cpu=1")
    argv: list[str | None] = [*words_of(spec.command_of(pod.role))]
    if argv[0] in {"python", "python3"}:
        argv[0] = None  # the interpreter of the node
    own = dict(spec.env_of(pod.role))
    caller = {key: own.pop(name) for key, name in _OF_THE_CALLER.items() if name in own}
    return {
        "pod": pod.name,
        "role": pod.role,
        "index": pod.index,
        "argv": argv,
        "cwd": None,
        "caller": caller,
        "cpu": asked.cpu,
        "memory": asked.memory or 0,
        "memoryLimit": None if asked.memory is None else asked.memory * MEMORY_OVERCOMMIT,
        "gpu": asked.gpu,
        "umask": 0o022,
        "nice": 0,
        "retired": False,
        "env": {
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": str(max(1, round(asked.cpu))),
            "LOCAL_RANK": "0",
            **own,
            "JOB_ID": files.experiment_id,
            "SUBMARINE_EXPERIMENT_ID": files.experiment_id,
            "SUBMARINE_EXPERIMENT_NAME": spec.meta.name or "",
            "SUBMARINE_POD_NAME": pod.name,
            "SUBMARINE_ROLE": pod.role,
            "SUBMARINE_INDEX": str(pod.index),
        },
    }
