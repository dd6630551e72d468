"""A stand-in cluster for tests, with the kubeconfig that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from .double.kubelet import Kubelet
from .double.logs import ContainerLog
from .double.operator import Operator
from .double.server import NAMESPACE, ApiServer
from .double.store import Object

CLAIM = "data"
STARTED = "2026-01-01T00:00:00Z"


@dataclass
class StandIn:
    """A cluster.

    Attributes
    ----------
    kubeconfig
        File that leads to it.
    """

    server: ApiServer
    operator: Operator
    kubeconfig: Path

    def write_kubeconfig(self, token: str = "first") -> None:
        context = {"cluster": "here", "user": "me", "namespace": NAMESPACE}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": context}],
            "clusters": [{"name": "here", "cluster": {"server": self.server.url}}],
            "users": [{"name": "me", "user": {"token": token}}],
        }
        self.kubeconfig.write_text(yaml.safe_dump(content))

    def pod(self, name: str) -> Object:
        pod = self.server.store.get("pods", name)
        assert pod is not None
        return pod

    def say(self, name: str, phase: str, **more: object) -> None:
        """Have a pod tell a status: its phase, and that of its container."""
        self.server.do(lambda: self.operator.set_status(self.pod(name), {"phase": phase, **more}))

    def start(self, name: str, restarts: int = 0, **more: object) -> ContainerLog:
        """Have a pod's container run; return its log."""
        state = {"running": {"startedAt": STARTED}}
        self.say(name, "Running", containerStatuses=[status(state, restarts, **more)])
        return self.server.do(
            lambda: self.server.log_of(self.pod(name)["metadata"]["uid"], restarts)
        )

    def finish(self, name: str, code: int = 0, restarts: int = 0, **more: object) -> None:
        """Have a pod's container end."""
        phase = "Failed" if code else "Succeeded"
        uid = self.pod(name)["metadata"]["uid"]
        self.server.do(self.server.log_of(uid, restarts).end)
        self.say(name, phase, containerStatuses=[status(ended(code, **more), restarts)])


def status(state: Object, restarts: int = 0, **more: object) -> Object:
    return {"name": "tensorflow", "restartCount": restarts, "state": state, **more}


def ended(code: int = 0, **more: object) -> Object:
    reason = "Error" if code else "Completed"
    times = {"startedAt": STARTED, "finishedAt": "2026-01-01T00:00:05Z"}
    return {"terminated": {"exitCode": code, "reason": reason, **times, **more}}


@contextmanager
def stand_in(directory: Path) -> Iterator[StandIn]:
    """Yield a cluster whose pods do what a test says."""
    server = ApiServer()
    operator = Operator(server)
    server.start()
    cluster = StandIn(server, operator, directory / "kubeconfig")
    cluster.write_kubeconfig()
    try:
        yield cluster
    finally:
        server.stop()


@contextmanager
def running_stand_in(directory: Path, data_dir: Path) -> Iterator[StandIn]:
    """Yield a cluster that runs the commands of its pods on this machine.

    Parameters
    ----------
    data_dir
        What stands for the volume claim `data`.
    """
    with stand_in(directory) as cluster:
        kubelet = cluster.server.do(lambda: Kubelet(cluster.operator, {CLAIM: data_dir}))
        try:
            yield cluster
        finally:
            cluster.server.do(kubelet.stop)
