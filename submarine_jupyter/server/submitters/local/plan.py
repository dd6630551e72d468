"""From a spec to what the supervisor runs: argv, environment, directory and port of each pod."""

from __future__ import annotations

import math
import os
import platform
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....processes import inheritable_environment
from ....spec import ExperimentSpec
from ....spec.commands import words_of
from ....spec.pods import Pod, deciding_pods, in_order, pods_of
from ....spec.resources import GPU, parse_resources, unknown_resources
from ....spec.secrets import mask
from ..cluster_env import Address, cluster_env
from ..run.files import ExperimentFiles
from ..run.journal import FORMAT
from ..run.rules import MEMORY_OVERCOMMIT, SERVANTS
from .preparation import Provided

HOST = "127.0.0.1"

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_LOOPBACK = "lo0" if platform.system() == "Darwin" else "lo"


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


# Read once, before there are threads that could create files in between.
_UMASK = _umask()


@dataclass(frozen=True)
class Machine:
    """The GPUs of this machine, and those of them that no run has."""

    gpus: Sequence[str] = ()
    free_gpus: Sequence[str] = ()


def make_launch(
    spec: ExperimentSpec,
    files: ExperimentFiles,
    machine: Machine,
    provided: Provided,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what `launch.json` says of the pods; reserves a free port for every new replica.

    Parameters
    ----------
    machine
        Its GPUs, and those that no other run has.
    provided
        What replicas find when they start.
    before
        The launch that this one changes. Pods that go on keep their place and their resources;
        those of roles that the spec leaves out stay as they are, those beyond the number of
        replicas are retired.
    """
    known = {plan["pod"]: plan for plan in before["pods"]} if before else {}
    going_on = {name: plan for name, plan in known.items() if not plan["retired"]}
    asked = pods_of(files.experiment_id, spec)
    kept = [_pod(plan) for plan in going_on.values() if plan["role"] not in spec.spec]
    pods = in_order(asked + kept)
    addresses = _addresses(pods, known)
    gpus = list(machine.free_gpus)
    plans = {}
    for pod in pods:
        plan = going_on.get(pod.name)
        if pod.role in spec.spec:
            place = _place(plan) if plan else _new_place(pod, spec, gpus)
            meeting = cluster_env(spec.meta.framework or "", pod, pods, addresses)
            env = _environment(pod, spec, meeting, files, provided)
            env |= _visible_gpus(place["gpus"], machine, spec.env_of(pod.role))
            plan = {
                "pod": pod.name,
                **_replica(pod, spec, files, provided),
                **place,
                "role": pod.role,
                "index": pod.index,
                "address": addresses[pod.name],
                "umask": _UMASK,
                "env": env,
                "retired": False,
            }
        plans[pod.name] = plan
    for name, plan in known.items():
        plans.setdefault(name, {**plan, "gpus": [], "retired": True})
    return {
        "v": FORMAT,
        "generation": before["generation"] + 1 if before else 1,
        "experimentId": files.experiment_id,
        "deciding": [pod.name for pod in deciding_pods(pods)],
        "servants": [pod.name for pod in pods if pod.role in SERVANTS],
        "provided": provided.to_launch(),
        "pods": list(plans.values()),
    }


def describe(
    spec: ExperimentSpec, files: ExperimentFiles, gpus: Sequence[str], provided: Provided
) -> dict[str, Any]:
    """Return the plan as people are shown it: without secrets and the server's environment."""
    pods = pods_of(files.experiment_id, spec)
    ignored = []
    images = {spec.environment.image, spec.environment.docker_image}
    images |= {task.image for task in spec.spec.values()}
    if images - {None, ""}:
        ignored.append("image: the local submitter runs processes, no containers")
    for role, task in spec.spec.items():
        ignored += [
            f"spec.{role}.resources: {name} is not known; known are cpu, memory and {GPU}"
            for name in unknown_resources(task.resources or "")
        ]
    if gpus and not any(parse_resources(task.resources or "").gpu for task in spec.spec.values()):
        has = "a GPU" if len(gpus) == 1 else f"{len(gpus)} GPUs"
        ignored.append(
            f"resources: this machine has {has}, and no replica asks for one, so none sees it; "
            f"ask with {GPU}=1"
        )
    return {
        "submitter": "local",
        "pods": [
            {
                "name": pod.name,
                "role": pod.role,
                "index": pod.index,
                **_replica(pod, spec, files, provided),
                "env": mask(spec.env_of(pod.role)),
            }
            for pod in pods
        ],
        "ignored": ignored,
    }


def _replica(
    pod: Pod, spec: ExperimentSpec, files: ExperimentFiles, provided: Provided
) -> dict[str, Any]:
    env = spec.env_of(pod.role)
    argv = [provided.in_command(word) for word in words_of(spec.command_of(pod.role))]
    if argv[0] in {"python", "python3"}:
        argv[0] = _interpreter(env, provided)
    own = str(files.checkout if provided.code else files.work)
    return {"argv": argv, "cwd": env.get("SUBMARINE_WORKDIR") or own}


def _pod(plan: Mapping[str, Any]) -> Pod:
    return Pod(plan["pod"], plan["role"], plan["index"])


_PLACE = ("cpu", "nice", "memory", "memoryLimit", "gpus")


def _place(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a pod has of the machine already."""
    return {name: plan[name] for name in _PLACE}


def _new_place(pod: Pod, spec: ExperimentSpec, gpus: list[str]) -> dict[str, Any]:
    """Return what a pod gets of the machine; takes its GPUs out of the free ones."""
    asked = parse_resources(spec.spec[pod.role].resources or "cpu=1")
    given = [gpus.pop(0) for _ in range(asked.gpu)]
    limit = None if asked.memory is None else asked.memory * MEMORY_OVERCOMMIT
    values = (asked.cpu, _nice(asked.cpu), asked.memory or 0, limit, given)
    return dict(zip(_PLACE, values, strict=True))


def _nice(cpu: float) -> int:
    """Return the niceness that makes less than a core count for its part of one.

    Each step of it is worth a factor of 1.25 of processor time.
    """
    return min(19, max(0, round(-math.log(cpu, 1.25))))


def _visible_gpus(given: Sequence[str], machine: Machine, own: Mapping[str, str]) -> dict[str, str]:
    """Return the variable by which a replica sees its own GPUs and nobody else's."""
    if given:
        return {_VISIBLE: ",".join(given)}
    return {_VISIBLE: ""} if machine.gpus and _VISIBLE not in own else {}


def _interpreter(env: Mapping[str, str], provided: Provided) -> str:
    return provided.python or env.get("SUBMARINE_PYTHON") or sys.executable


def _environment(
    pod: Pod,
    spec: ExperimentSpec,
    meeting: Mapping[str, str],
    files: ExperimentFiles,
    provided: Provided,
) -> dict[str, str]:
    inherited = inheritable_environment()
    own = spec.env_of(pod.role)
    programs = str(Path(_interpreter(own, provided)).parent)
    env = {
        **inherited,
        "PATH": os.pathsep.join([programs, inherited.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": _threads(spec, pod),
        # Replicas meet on this machine: the libraries would otherwise pick an outer interface.
        "GLOO_SOCKET_IFNAME": _LOOPBACK,
        "TP_SOCKET_IFNAME": _LOOPBACK,
        "NCCL_SOCKET_IFNAME": _LOOPBACK,
        "LOCAL_RANK": "0",
        **_tracking(files, provided),
        **meeting,
        **own,
        "JOB_ID": files.experiment_id,
        "SUBMARINE_EXPERIMENT_ID": files.experiment_id,
        "SUBMARINE_EXPERIMENT_NAME": spec.meta.name or "",
        "SUBMARINE_POD_NAME": pod.name,
        "SUBMARINE_ROLE": pod.role,
        "SUBMARINE_INDEX": str(pod.index),
        "SUBMARINE_OUTPUT_DIR": str(files.output),
        "SUBMARINE_TENSORBOARD_LOG_DIR": str(files.tensorboard),
    }
    if provided.prefix:
        # The packages of the server's own environment are not those that were asked for.
        for name in {"PYTHONPATH", "PYTHONHOME"} - own.keys():
            env.pop(name, None)
        env["VIRTUAL_ENV"] = provided.prefix
    if provided.code:
        env["CODE_PATH"] = provided.code
    return env


def _tracking(files: ExperimentFiles, provided: Provided) -> dict[str, str]:
    """Return the variables of the tracking servers, those of this run included."""
    variables = dict(provided.variables)
    if "MLFLOW_TRACKING_URI" in variables:
        variables["MLFLOW_RUN_NAME"] = files.experiment_id
    return variables


def _threads(spec: ExperimentSpec, pod: Pod) -> str:
    """Return how many threads numerical libraries may use: as many as the pod asks for cores.

    Left alone each replica starts one per core of the machine; two replicas on two cores were
    three times slower so (docs/decisions/0004).
    """
    return str(max(1, round(parse_resources(spec.spec[pod.role].resources or "cpu=1").cpu)))


def _addresses(pods: list[Pod], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Address]:
    """Return the address of every pod: the one it has, else one with a free port.

    All ports are held until the last is found, so none comes twice.
    """
    addresses = {name: (HOST, int(plan["address"][1])) for name, plan in known.items()}
    with ExitStack() as held:
        for pod in pods:
            if pod.name not in addresses:
                listener = held.enter_context(socket.socket())
                listener.bind((HOST, 0))
                addresses[pod.name] = (HOST, listener.getsockname()[1])
    return addresses
