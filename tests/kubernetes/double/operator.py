"""The training operator of the stand-in: pods for jobs, and conditions from pods."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from .server import KINDS, NAMESPACE, ApiServer
from .store import Object, now

SPECS = {
    "TFJob": ("tfReplicaSpecs", 2222),
    "PyTorchJob": ("pytorchReplicaSpecs", 23456),
    "XGBoostJob": ("xgbReplicaSpecs", 9999),
}
PREFIX = "training.kubeflow.org"


class Operator:
    """Acts on every change of a job or a pod.

    Attributes
    ----------
    host_of
        How a replica reaches another; its service's name in a cluster.
    delete_pod
        Ends a pod; a node may do that gracefully.
    is_running
        Whether it does anything.
    """

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.store = server.store
        self.host_of: Callable[[str, int], str] = lambda pod, port: f"{pod}:{port}"
        self.delete_pod: Callable[[Object], None] = self.remove_pod
        self.is_running = True
        server.changed.append(self._changed)

    def set_status(self, pod: Object, status: Object) -> None:
        """Change what a pod tells of itself."""
        pod["status"] = status
        self.store.update("pods", pod)
        self._changed("MODIFIED", "pods", pod)

    def remove_pod(self, pod: Object) -> None:
        if "deletionTimestamp" not in pod["metadata"]:
            pod["metadata"]["deletionTimestamp"] = now()
            self.store.update("pods", pod)
        self.store.remove("pods", pod["metadata"]["name"])
        # Nothing of it is left on its node.
        for (uid, _), log in self.server.logs.items():
            if uid == pod["metadata"]["uid"]:
                log.end()

    def reconcile(self, plural: str, job: Object) -> None:
        if self.store.get(plural, job["metadata"]["name"]) is not job:
            return
        pods = self._pods_of(job)
        if not self._conditions(job) & {"Succeeded", "Failed"}:
            self._condition(plural, job, "Created")
            self._make_pods(plural, job, pods)
            self._judge(plural, job, self._pods_of(job))
        if self._conditions(job) & {"Succeeded", "Failed"}:
            self._clean(job)

    def _changed(self, change: str, plural: str, entry: Object) -> None:
        if not self.is_running:
            return
        if plural in KINDS and change == "DELETED":
            for pod in self._pods_of(entry):
                self.delete_pod(pod)
            self.store.remove("secrets", entry["metadata"]["name"])
        elif plural in KINDS:
            self.reconcile(plural, entry)
        elif plural == "pods" and change == "MODIFIED":
            name = entry["metadata"]["labels"][f"{PREFIX}/job-name"]
            for kind in KINDS:
                job = self.store.get(kind, name)
                if job is not None:
                    self.reconcile(kind, job)

    def _pods_of(self, job: Object) -> list[Object]:
        return self.store.all("pods", f"{PREFIX}/job-name={job['metadata']['name']}")

    def _make_pods(self, plural: str, job: Object, pods: list[Object]) -> None:
        key, port = SPECS[job["kind"]]
        known = {pod["metadata"]["name"]: pod for pod in pods}
        wanted = {
            f"{job['metadata']['name']}-{kind.lower()}-{index}": (kind, index)
            for kind, replica in job["spec"][key].items()
            for index in range(replica["replicas"])
        }
        for name, pod in known.items():
            if name not in wanted and "deletionTimestamp" not in pod["metadata"]:
                self.delete_pod(pod)
        for name, (kind, index) in wanted.items():
            if name in known:
                continue
            replica = copy.deepcopy(job["spec"][key][kind])
            template = replica["template"]
            template["metadata"]["name"] = name
            template["metadata"]["labels"] |= {
                f"{PREFIX}/job-name": job["metadata"]["name"],
                f"{PREFIX}/replica-type": kind.lower(),
                f"{PREFIX}/replica-index": str(index),
            }
            template["spec"]["restartPolicy"] = replica["restartPolicy"]
            for container in template["spec"]["containers"]:
                container["env"] += self._env(job, kind, index, port)
            pod = self.store.create("pods", {**template, "status": {"phase": "Pending"}})
            for told in self.server.changed:
                told("ADDED", "pods", pod)

    def _env(self, job: Object, kind: str, index: int, port: int) -> list[dict[str, str]]:
        name, specs = job["metadata"]["name"], job["spec"][SPECS[job["kind"]][0]]

        def host(of: str, number: int) -> str:
            pod = f"{name}-{of.lower()}-{number}"
            suffix = f".{NAMESPACE}.svc" if job["kind"] == "TFJob" else ""
            return self.host_of(pod + suffix, port)

        if job["kind"] == "TFJob":
            cluster = {
                of.lower(): [host(of, number) for number in range(spec["replicas"])]
                for of, spec in specs.items()
                if of != "Evaluator"
            }
            task = {"type": kind.lower(), "index": index}
            config = {"cluster": cluster, "task": task, "environment": "cloud"}
            return [{"name": "TF_CONFIG", "value": json.dumps(config)}]
        if "Master" not in specs:
            return []
        address, _, number = host("Master", 0).partition(":")
        size = sum(spec["replicas"] for spec in specs.values())
        rank = index if kind == "Master" else index + 1
        said = {"MASTER_ADDR": address, "MASTER_PORT": number}
        said |= {"WORLD_SIZE": str(size), "RANK": str(rank)}
        if job["kind"] == "PyTorchJob":
            said |= {"PET_MASTER_ADDR": address, "PET_MASTER_PORT": number}
            said |= {"PET_NODE_RANK": str(rank), "PET_NNODES": str(size)}
        return [{"name": name, "value": value} for name, value in said.items()]

    def _judge(self, plural: str, job: Object, pods: list[Object]) -> None:
        phases: dict[str, list[str]] = {}
        for pod in pods:
            kind = pod["metadata"]["labels"][f"{PREFIX}/replica-type"]
            phases.setdefault(kind, []).append(pod.get("status", {}).get("phase", "Pending"))
        everything = [phase for found in phases.values() for phase in found]
        restarts = sum(_restarts(pod) for pod in pods)
        limit = job["spec"]["runPolicy"].get("backoffLimit")
        if "Running" in everything:
            self._condition(plural, job, "Running")
        if limit is not None and restarts and restarts >= limit:
            for pod in pods:
                self.delete_pod(pod)
            said = "has failed because it has reached the specified backoff limit"
            self._condition(plural, job, "Failed", said)
        elif "Failed" in everything:
            failed = everything.count("Failed")
            self._condition(plural, job, "Failed", f"failed because {failed} replica(s) failed.")
        else:
            deciding = next((phases[kind] for kind in ("chief", "master", "worker")
                             if kind in phases), [])  # fmt: skip
            if deciding and all(phase == "Succeeded" for phase in deciding):
                self._condition(plural, job, "Succeeded")

    def _clean(self, job: Object) -> None:
        if job["spec"]["runPolicy"].get("cleanPodPolicy") != "Running":
            return
        for pod in self._pods_of(job):
            phase = pod.get("status", {}).get("phase", "Pending")
            if phase in {"Running", "Pending"} and "deletionTimestamp" not in pod["metadata"]:
                self.delete_pod(pod)

    def _conditions(self, job: Object) -> set[str]:
        found = job.get("status", {}).get("conditions", [])
        return {entry["type"] for entry in found if entry["status"] == "True"}

    def _condition(self, plural: str, job: Object, name: str, message: str = "") -> None:
        if name in self._conditions(job):
            return
        found = job.setdefault("status", {}).setdefault("conditions", [])
        if name in {"Succeeded", "Failed"}:
            for known in found:
                if known["type"] == "Running":
                    known["status"] = "False"
        said = f"{job['kind']} {job['metadata']['name']} {message or f'is {name.lower()}.'}"
        reason = f"{job['kind']}{name}"
        entry: dict[str, Any] = {"type": name, "status": "True", "reason": reason, "message": said}
        found.append(entry)
        self.store.update(plural, job)


def _restarts(pod: Object) -> int:
    statuses = pod.get("status", {}).get("containerStatuses", [])
    return sum(int(status.get("restartCount", 0)) for status in statuses)
