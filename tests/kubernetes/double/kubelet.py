"""The node of the stand-in: runs the commands of pods as processes of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from .logs import ContainerLog
from .operator import Operator
from .store import Object, now


class Kubelet:
    """Starts what is made, and ends what is deleted.

    Parameters
    ----------
    claims
        Directories that stand for volume claims, by their names.
    """

    def __init__(self, operator: Operator, claims: dict[str, Path]) -> None:
        self.operator = operator
        self.server = operator.server
        self.claims = claims
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._ports: dict[str, int] = {}
        operator.delete_pod = self.delete
        # There are no names of services here: everything is on this machine.
        operator.host_of = self._host_of
        self.server.changed.append(self._changed)

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def delete(self, pod: Object) -> None:
        if "deletionTimestamp" in pod["metadata"]:
            return
        pod["metadata"]["deletionTimestamp"] = now()
        self.operator.store.update("pods", pod)
        self._spawn(self._end(pod))

    def _host_of(self, pod: str, port: int) -> str:
        if pod not in self._ports:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                self._ports[pod] = listener.getsockname()[1]
        return f"127.0.0.1:{self._ports[pod]}"

    def _changed(self, change: str, plural: str, entry: Object) -> None:
        if plural == "pods" and change == "ADDED":
            self._spawn(self._run(entry))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _end(self, pod: Object) -> None:
        process = self.processes.get(pod["metadata"]["uid"])
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), pod["spec"]["terminationGracePeriodSeconds"])
            except asyncio.TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)
        uid = pod["metadata"]["uid"]
        await asyncio.gather(*(task for task in self.tasks if task.get_name() == uid))
        self.operator.remove_pod(pod)

    async def _run(self, pod: Object) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name(pod["metadata"]["uid"])
        (container,) = pod["spec"]["containers"]
        restarts = 0
        before: Object | None = None
        while True:
            log = self.server.log_of(pod["metadata"]["uid"], restarts)
            ended = await self._run_once(pod, container, log, (restarts, before))
            log.end()
            is_leaving = "deletionTimestamp" in pod["metadata"]
            may_restart = pod["spec"]["restartPolicy"] == "OnFailure" and not is_leaving
            if ended["exitCode"] == 0 or not may_restart:
                phase = "Failed" if ended["exitCode"] else "Succeeded"
                self._tell(pod, phase, {"terminated": ended}, (restarts, before))
                return
            restarts, before = restarts + 1, ended

    async def _run_once(
        self, pod: Object, container: Object, log: ContainerLog, past: tuple[int, Object | None]
    ) -> Object:
        mounts = self._mounts(pod, container)
        environment = self._environment(pod, container, mounts)
        began = now()
        try:
            process = await asyncio.create_subprocess_exec(
                *[_unescaped(word) for word in container["command"]],
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError:
            said = f'exec: "{container["command"][0]}": executable file not found in $PATH'
            return {"exitCode": 128, "reason": "StartError", "message": said,
                    "startedAt": "1970-01-01T00:00:00Z", "finishedAt": now()}  # fmt: skip
        self.processes[pod["metadata"]["uid"]] = process
        self._tell(pod, "Running", {"running": {"startedAt": began}}, past)
        await _copy(process, log)
        code = await process.wait()
        code = 128 - code if code < 0 else code
        reason = "Error" if code else "Completed"
        return {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": now()}

    def _tell(
        self, pod: Object, phase: str, state: Object, past: tuple[int, Object | None]
    ) -> None:
        (container,) = pod["spec"]["containers"]
        restarts, before = past
        status = {"name": container["name"], "restartCount": restarts, "state": state}
        if before is not None:
            status["lastState"] = {"terminated": before}
        self.operator.set_status(pod, {"phase": phase, "containerStatuses": [status]})

    def _mounts(self, pod: Object, container: Object) -> dict[str, Path]:
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        found = {}
        for mount in container["volumeMounts"]:
            claim = volumes[mount["name"]].get("persistentVolumeClaim")
            if claim is not None:
                found[mount["mountPath"]] = self.claims[claim["claimName"]] / mount["subPath"]
        return found

    def _environment(
        self, pod: Object, container: Object, mounts: dict[str, Path]
    ) -> dict[str, str]:
        values = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath])}
        for entry in container["env"]:
            source = entry.get("valueFrom", {})
            if "secretKeyRef" in source:
                reference = source["secretKeyRef"]
                secret = self.operator.store.get("secrets", reference["name"])
                assert secret is not None
                value = secret["data"][reference["key"]]
            elif "fieldRef" in source:
                value = _field(pod, source["fieldRef"]["fieldPath"])
            else:
                value = _unescaped(entry.get("value", ""))
                for path, place in mounts.items():
                    value = value.replace(path, str(place))
            values[entry["name"]] = value
        return values


async def _copy(process: asyncio.subprocess.Process, log: ContainerLog) -> None:
    assert process.stdout is not None
    rest = b""
    while data := await process.stdout.read(1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        log.write(*(line + b"\n" for line in lines))
    if rest:
        log.write(rest)


def _unescaped(text: str) -> str:
    return text.replace("$$", "$")


def _field(pod: Object, path: str) -> str:
    if path == "metadata.name":
        return str(pod["metadata"]["name"])
    name = path.removeprefix("metadata.labels['").removesuffix("']")
    return str(pod["metadata"]["labels"][name])
