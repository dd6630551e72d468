"""A run on Ray, as the driver sees it: resumed from its files, and kept on its course."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ray.exceptions import RayError

from ....spec import Status
from ....spec.pods import Pod as PodName
from ..cluster_env import Address, cluster_env
from ..local.preparation import Provided
from ..run.files import ExperimentFiles, Facts
from ..run.journal import Appender, Clock, Journal
from ..run.output import Output
from ..run.supervision import LaunchFile, Pod, Supervision
from .code import fetch
from .environment import make
from .outputs import bring
from .placement import Placement
from .preparation import PreparingFailed
from .replica import RayReplica

log = logging.getLogger(__name__)

_TAKING_UP = 10.0


class RayRun(Supervision):
    """Runs one experiment.

    Parameters
    ----------
    files
        Of the experiment. What they tell happened already is gone on from.
    """

    def __init__(self, files: ExperimentFiles) -> None:
        file = LaunchFile(str(files.launch))
        launch = file.news()
        if launch is None:
            raise FileNotFoundError(files.launch)
        facts = Facts(files.facts).news()
        latest = max((fact["time"] for fact in facts), default=launch["since"])
        self._clock = Clock(latest)
        journal = Journal(Appender(str(files.facts)), self._clock)
        super().__init__(str(files.directory), file, launch, journal)
        self._files = files
        self._placements: dict[int, Placement] = {}
        self._placed: set[int] = set()
        self._placing: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._past = facts
        self._begun = {fact["pod"] for fact in facts if fact["fact"] == "start"}
        # Room that was lost meanwhile might never come again.
        self._taken_up_by = time.monotonic() + _TAKING_UP
        self._is_created = any(fact["fact"] == "supervisor" for fact in facts)
        self._fetching = asyncio.Lock()
        self._said = {_untimed(fact["message"]) for fact in facts if fact["fact"] == "progress"}
        self.has_ended = any(fact["fact"] == "end" for fact in facts)
        if not self.has_ended:
            self.follow(launch)

    def tick(self, clock: float) -> None:
        """Take in what has happened and act on it."""
        if self._closing is not None or self.has_ended:
            return
        if not self._files.launch.exists():
            self._close(note=False)
            return
        super().tick(clock)
        if self.is_over:
            self._close(note=True)

    def follow(self, launch: dict[str, Any]) -> None:
        """Bring the pods to what a launch asks for, and ask for room for the new ones."""
        super().follow(launch)
        by_group: dict[int, list[dict[str, Any]]] = {}
        for plan in launch["pods"]:
            by_group.setdefault(plan["group"], []).append(plan)
        for group, plans in by_group.items():
            if group not in self._placements:
                name = f"{self._files.experiment_id}-{group}"
                environment = launch.get("environment")
                self._placements[group] = Placement(name, plans, self._begun, environment)
                task = asyncio.create_task(self._place(group, self._placements[group]))
                self._placing.add(task)
                task.add_done_callback(self._placing.discard)

    def decide(self, clock: float) -> None:
        """End the run when it is to be ended, once what was begun before is taken up.

        Else a stop would cost its replicas the time they have to end, and what they write then.
        """
        begun = {plan["group"] for plan in self.launch["pods"] if plan["pod"] in self._begun}
        if begun <= self._placed or clock >= self._taken_up_by:
            super().decide(clock)

    def start(self, pod: Pod, clock: float) -> None:
        """Start a pod's replica, once it and all that were there before have their place."""
        group = pod.plan["group"]
        if self._placed.issuperset(other for other in self._placements if other <= group):
            super().start(pod, clock)

    def make(self, pod: Pod) -> RayReplica:
        """Return the pod's next replica."""
        return self._replica(pod, pod.attempt)

    async def _place(self, group: int, placement: Placement) -> None:
        try:
            async for reason in placement.reserve():
                self.journal.note("waiting", message=reason)
            await self._prepare(placement)
        except PreparingFailed as error:
            self.end("Failed", error.reason, str(error), by="failure", step=error.step)
            return
        except Exception as error:
            log.exception("%s cannot be placed", placement.name)
            self.end("Failed", "SubmitFailed", f"Ray cannot place it: {error}", by="failure")
            return
        self._placed.add(group)
        self._resume(placement)
        if not self._is_created:
            self._is_created = True
            self.journal.note("supervisor", pid=0, start=None, boot=None)

    async def _prepare(self, placement: Placement) -> None:
        """Bring the pods to their nodes, with their environment and their code."""
        environment = self.launch.get("environment")
        if environment is None or self._is_created:
            await placement.place()
        else:
            async for message in make(self._files, environment, placement.place()):
                self._progress("environment", message)
        code = self.launch.get("code")
        if code is not None:
            async with self._fetching:
                if not self._is_created:
                    async for message in fetch(self._files, code):
                        self._progress("code", message)
            await placement.take_code(self._files.checkout)

    def _progress(self, step: str, message: str) -> None:
        """Note how a step goes, unless that was noted, maybe by the driver before this one."""
        if _untimed(message) not in self._said:
            self.journal.note("progress", step=step, message=message)
        self._said.add(_untimed(message))

    def _resume(self, placement: Placement) -> None:
        """Take the pods of a placement up where the facts end."""
        for fact in self._past:
            pod = self.pods.get(fact.get("pod", ""))
            if pod is None or pod.plan["pod"] not in placement.actors:
                continue
            if fact["fact"] == "start":
                pod.due = None
                pod.attempt = fact["attempt"]
                pod.replica = replica = self._replica(pod, pod.attempt)
                replica.start()
            elif pod.replica is not None:
                self._repeat(fact, pod, pod.replica)

    def _repeat(self, fact: Mapping[str, Any], pod: Pod, replica: Any) -> None:
        if fact["fact"] == "exit":
            replica.exit_code = fact["code"]
            replica.stopped_by = fact["by"]
            replica.verdict = (fact["reason"], fact["message"]) if fact["reason"] else None
            if fact["code"] != 0 and fact["by"] is None and not self._was_restarted(fact):
                self.judge(replica, 0)
        elif fact["fact"] == "restart":
            self.restarts = fact["restarts"]
            pod.due = 0
        elif fact["fact"] == "gone":
            replica.close()

    def _was_restarted(self, exit_fact: Mapping[str, Any]) -> bool:
        key = (exit_fact["pod"], exit_fact["attempt"])
        return any(
            fact["fact"] == "restart" and (fact["pod"], fact["attempt"]) == key
            for fact in self._past
        )

    def _replica(self, pod: Pod, attempt: int) -> RayReplica:
        plan = pod.plan
        placement = self._placements[plan["group"]]
        handle = placement.actors[plan["pod"]]
        cap = self.launch["logCap"]
        output = Output(plan["pod"], attempt, cap, self._clock, str(self._files.directory))
        plan = {**plan, "env": {**self._cluster_env(plan), **plan["env"]}}
        if code := placement.code.get(plan["pod"]):
            plan = _with_code(plan, code)
        launch = {
            "v": self.launch["v"],
            "generation": 1,
            "deciding": [plan["pod"]],
            "servants": [],
            "drain": 0,
            "grace": self.launch["grace"],
            "backoffLimit": 0,
            "logCap": cap,
            "cgroups": self.launch["cgroups"],
            "pods": [plan],
        }
        return RayReplica(plan, attempt, handle, output, launch)

    def _cluster_env(self, plan: Mapping[str, Any]) -> dict[str, str]:
        addresses: dict[str, Address] = {}
        for placement in self._placements.values():
            addresses |= placement.addresses
        pods = [_name(pod.plan) for pod in self.pods.values() if not pod.plan["retired"]]
        return cluster_env(self.launch["framework"], _name(plan), pods, addresses)

    def _close(self, *, note: bool) -> None:
        self._closing = asyncio.create_task(self._finish(note=note))

    async def _finish(self, *, note: bool) -> None:
        """Fetch what the run has written, give the room back, and say how it ended."""
        placements: Sequence[Placement] = list(self._placements.values())
        for task in self._placing:
            task.cancel()
        is_kept = note and self.outcome is not None and self.outcome["reason"] != Status.DELETED
        for placement in placements:
            if is_kept:
                await self._bring(placement)
            await placement.clean_up()
            placement.remove()
        if note and self.outcome is not None:
            self.journal.note("end", **self.outcome)
            await asyncio.to_thread(self.journal.finish)
        self.journal.close()
        self.has_ended = True

    async def _bring(self, placement: Placement) -> None:
        """Bring the files that pods have written; what cannot be brought is told."""
        for pod, handle in placement.reachable.items():
            try:
                await bring(handle, pod, self._files.output)
            except (RayError, OSError) as error:
                log.warning("the files of %s are lost: %s", pod, error)
                cause = getattr(error, "cause", error)  # what was raised on its node
                why = cause.strerror if isinstance(cause, OSError) else "Ray does not reach it"
                said = f"what it wrote could not be brought from its node: {why}"
                self.journal.note("notice", pod=pod, reason="FilesLost", message=said)


def _untimed(message: str) -> str:
    """Return what a step has said without the time that it took: that differs when said again."""
    return message.partition(" after ")[0]


def _with_code(plan: dict[str, Any], code: str) -> dict[str, Any]:
    """Return the plan of a pod whose code is in a directory of its node."""
    provided = Provided(code=code)
    argv = [word and provided.in_command(word) for word in plan["argv"]]
    env = {**plan["env"], "CODE_PATH": code}
    return {**plan, "argv": argv, "env": env, "cwd": f"{code}/current"}


def _name(plan: Mapping[str, Any]) -> PodName:
    return PodName(plan["pod"], plan["role"], plan["index"])
