"""From a spec to what the supervisor runs: argv, environment, directory and port of each pod."""

from __future__ import annotations

import os
import platform
import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....processes import inheritable_environment
from ....spec import ExperimentSpec
from ....spec.pods import Pod, deciding_pods, pods_of
from ....spec.resources import GPU, parse_resources, unknown_resources
from ..cluster_env import Address, cluster_env
from .files import FORMAT, ExperimentFiles

HOST = "127.0.0.1"
SERVANTS = ("Ps", "Evaluator")
_LOOPBACK = "lo0" if platform.system() == "Darwin" else "lo"


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


# Read once, before there are threads that could create files in between.
_UMASK = _umask()


@dataclass(frozen=True)
class Rules:
    """The server's settings for how runs end, in seconds.

    Attributes
    ----------
    drain
        How long other workers may go on once the deciding ones have succeeded.
    grace
        How long a replica has from SIGTERM to SIGKILL.
    """

    drain: float = 30.0
    grace: float = 10.0


def make_launch(
    experiment_id: str, spec: ExperimentSpec, files: ExperimentFiles, rules: Rules
) -> dict[str, Any]:
    """Return the content of `launch.json`; reserves a free port for every replica."""
    pods = pods_of(experiment_id, spec)
    addresses = _free_addresses(pods)
    return {
        "v": FORMAT,
        "experimentId": experiment_id,
        "deciding": [pod.name for pod in deciding_pods(pods)],
        "servants": [pod.name for pod in pods if pod.role in SERVANTS],
        "drain": rules.drain,
        "grace": rules.grace,
        "pods": [
            _replica(pod, spec, files) | {"umask": _UMASK, "env": env}
            for pod in pods
            for env in [_environment(experiment_id, pod, pods, spec, addresses, files)]
        ],
    }


def describe(experiment_id: str, spec: ExperimentSpec, files: ExperimentFiles) -> dict[str, Any]:
    """Return the plan as people are shown it, without the server's own environment."""
    pods = pods_of(experiment_id, spec)
    ignored = []
    images = {spec.environment.image, spec.environment.docker_image}
    images |= {task.image for task in spec.spec.values()}
    if images - {None, ""}:
        ignored.append("image: the local submitter runs processes, no containers")
    if spec.code is not None:
        ignored.append("code: not fetched; the program runs with the files that are there")
    for role, task in spec.spec.items():
        ignored += [
            f"spec.{role}.resources: {name} is not known; known are cpu, memory and {GPU}"
            for name in unknown_resources(task.resources or "")
        ]
    return {
        "submitter": "local",
        "pods": [
            {
                "name": pod.name,
                "role": pod.role,
                "index": pod.index,
                **{key: value for key, value in _replica(pod, spec, files).items() if key != "pod"},
                "env": spec.env_of(pod.role),
            }
            for pod in pods
        ],
        "ignored": ignored,
    }


def _replica(pod: Pod, spec: ExperimentSpec, files: ExperimentFiles) -> dict[str, Any]:
    env = spec.env_of(pod.role)
    argv = shlex.split(spec.command_of(pod.role))
    if argv[0] in {"python", "python3"}:
        argv[0] = _interpreter(env)
    cwd = env.get("SUBMARINE_WORKDIR") or str(files.work)
    return {"pod": pod.name, "attempt": 1, "argv": argv, "cwd": cwd}


def _interpreter(env: Mapping[str, str]) -> str:
    return env.get("SUBMARINE_PYTHON") or sys.executable


def _environment(  # noqa: PLR0913, PLR0917 - each is one source of variables
    experiment_id: str,
    pod: Pod,
    pods: list[Pod],
    spec: ExperimentSpec,
    addresses: Mapping[str, Address],
    files: ExperimentFiles,
) -> dict[str, str]:
    inherited = inheritable_environment()
    own = spec.env_of(pod.role)
    programs = str(Path(_interpreter(own)).parent)
    return {
        **inherited,
        "PATH": os.pathsep.join([programs, inherited.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": _threads(spec, pod),
        # Replicas meet on this machine: the libraries would otherwise pick an outer interface.
        "GLOO_SOCKET_IFNAME": _LOOPBACK,
        "TP_SOCKET_IFNAME": _LOOPBACK,
        "NCCL_SOCKET_IFNAME": _LOOPBACK,
        "LOCAL_RANK": "0",
        **cluster_env(spec.meta.framework or "", pod, pods, addresses),
        **own,
        "JOB_ID": experiment_id,
        "SUBMARINE_EXPERIMENT_ID": experiment_id,
        "SUBMARINE_EXPERIMENT_NAME": spec.meta.name or "",
        "SUBMARINE_POD_NAME": pod.name,
        "SUBMARINE_ROLE": pod.role,
        "SUBMARINE_INDEX": str(pod.index),
        "SUBMARINE_OUTPUT_DIR": str(files.output),
    }


def _threads(spec: ExperimentSpec, pod: Pod) -> str:
    """Return how many threads numerical libraries may use: as many as the pod asks for cores.

    Left alone each replica starts one per core of the machine; two replicas on two cores were
    three times slower so (docs/decisions/0004).
    """
    return str(max(1, round(parse_resources(spec.spec[pod.role].resources or "cpu=1").cpu)))


def _free_addresses(pods: list[Pod]) -> dict[str, Address]:
    """Reserve a port for every pod; all are held until the last is found, so none comes twice."""
    held = []
    try:
        for _ in pods:
            listener = socket.socket()
            held.append(listener)
            listener.bind((HOST, 0))
        ports = [listener.getsockname()[1] for listener in held]
    finally:
        for listener in held:
            listener.close()
    return {pod.name: (HOST, port) for pod, port in zip(pods, ports, strict=True)}
