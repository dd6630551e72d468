"""One run on a cluster: submitted once, watched, and noted in the files of the experiment."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from ....spec import Status
from ..run.files import ExperimentFiles, Facts
from ..run.journal import Appender, Clock, Journal
from ..run.supervision import LaunchFile
from .cluster import Cluster, Object
from .job import OwnJob
from .kinds import kind_named
from .manifests import GIT_CONTAINER
from .pods import FactNotes, PodRun, log_maker
from .refusals import ClusterError, Forbidden, Refused, Unreachable
from .resources import PODS
from .states import JobState, Notice, job_state, pod_seen

log = logging.getLogger(__name__)

_TICK = 0.1
_RETRY = 1.0
_LONGEST_RETRY = 5.0
_OPERATOR_PATIENCE = 10.0
# Beyond the grace of its pods: for a node that does not answer any more.
_END_PATIENCE = 30.0
_OVER = (Status.SUCCEEDED, Status.FAILED)


class KubernetesRun:
    """Runs one experiment.

    Parameters
    ----------
    files
        Of the experiment. What they tell happened already is gone on from.
    """

    def __init__(self, files: ExperimentFiles, cluster: Cluster) -> None:
        self._files = files
        self._cluster = cluster
        self._launch_file = LaunchFile(str(files.launch))
        launch = self._launch_file.news()
        if launch is None:
            raise FileNotFoundError(files.launch)
        self._launch = launch
        self._kind = kind_named(launch["job"]["kind"])
        self._own = OwnJob(cluster, files, self._kind, launch["run"])
        facts = Facts(files.facts).news()
        latest = max((fact["time"] for fact in facts), default=launch["since"])
        journal = Journal(Appender(str(files.facts)), Clock(latest))
        self._notes = FactNotes(journal, latest)
        self._pods: dict[str, PodRun] = {}
        self._job: Object | None = None
        self._job_has_gone = False
        self._was_submitted = any(fact["fact"] == "submitted" for fact in facts)
        self._is_created = any(fact["fact"] == "supervisor" for fact in facts)
        self._waits: str | None = None
        self._begun = time.monotonic()
        self._wake = asyncio.Event()
        self.has_ended = any(fact["fact"] == "end" for fact in facts)
        self._plan_pods()
        for fact in facts:
            if fact.get("pod") in self._pods:
                self._pods[fact["pod"]].replay(fact)

    @property
    def experiment_id(self) -> str:
        """The experiment that it is of."""
        return self._files.experiment_id

    async def run(self) -> None:
        """Go through its course, to its end."""
        try:
            if not self.has_ended:
                await self._go()
        finally:
            # When the server ends, the run goes on, and the next server with it.
            for pod in self._pods.values():
                pod.close()
            self.has_ended = True
            self._notes.journal.close()

    def job_changed(self, job: Object, *, is_there: bool) -> None:
        """Take in the job as it is now."""
        if not self._own.is_own(job):
            return
        self._job = job
        self._job_has_gone = not is_there
        self._wake.set()

    def pod_changed(self, pod: Object, *, is_there: bool) -> None:
        """Take in a pod as it is now."""
        known = self._pods.get(pod["metadata"]["name"])
        if known is None:
            return
        by = self._why_ended(known.name)
        known.see(pod_seen(pod, self._kind.container), by)
        if not is_there:
            known.vanish(by)
        self._wake.set()

    def event_happened(self, event: Object) -> None:
        """Have the timeline tell what the cluster warns of."""
        name, reason = event["involvedObject"].get("name"), str(event.get("reason"))
        notice = Notice(reason, str(event.get("message") or "").strip())
        pod = self._pods.get(str(name))
        if pod is not None:
            pod.tell(notice)
        elif name == self.experiment_id:
            self._wait_for(f"{reason}: {notice.message}")

    async def _go(self) -> None:
        for pod in self._pods.values():
            pod.resume()
        if not await self._be_submitted():
            return
        ending = await self._watch()
        if ending is None:
            await self._remove()
            return
        state, request = ending
        await self._settle(state)
        await self._finish(state, request)

    async def _be_submitted(self) -> bool:
        """Have the job made, or find it again; return whether there is something to watch."""
        pause = _RETRY
        while True:
            request = self._stop_request()
            if not self._files.launch.exists():
                return False
            if request is not None and not self._was_submitted:
                await self._end("Failed", request["reason"], request.get("message"))
                return False
            try:
                await (self._adopt() if self._was_submitted else self._submit())
            except Unreachable as error:
                self._wait_for(f"waits: {error}")
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_RETRY)
            except ClusterError as error:
                reason = "Forbidden" if isinstance(error, Forbidden) else "SubmitFailed"
                await self._end("Failed", reason, str(error))
                return False
            else:
                return True

    async def _submit(self) -> None:
        job = await self._own.make(self._launch["job"])
        self._was_submitted = True
        self._notes.note("submitted", uid=job["metadata"]["uid"])
        self._take_first(job)

    async def _adopt(self) -> None:
        """Find the job again that was made before the server was started."""
        job = await self._own.find()
        if job is not None:
            self._take_first(job)
        elif self._job is None:
            self._job_has_gone = True

    def _take_first(self, job: Object) -> None:
        """Take in an answer, unless the watch was quicker: what it has shown is newer."""
        if self._job is None:
            self.job_changed(job, is_there=True)

    async def _watch(self) -> tuple[JobState, Mapping[str, Any] | None] | None:
        """Watch until the job has ended or is to; None when nobody wants to know any more."""
        while True:
            if not self._files.launch.exists():
                return None
            request = self._stop_request()
            if request is not None:
                await self._remove()
                return JobState(Status.FAILED), request
            launch = self._launch_file.news()
            if launch is not None:
                await self._follow(launch)
            state = self._state()
            self._tell(state)
            self._look_after_pods()
            if state.status in _OVER:
                return state, None
            await self._pause()

    def _state(self) -> JobState:
        if self._job_has_gone or self._job is None:
            said = f"its {self._kind.kind} was removed from the cluster by somebody else"
            return JobState(Status.FAILED, None, "JobDeleted", said)
        return job_state(self._job)

    def _tell(self, state: JobState) -> None:
        """Note that the operator has the job, or what it waits for."""
        if state.status in {Status.CREATED, Status.RUNNING, *_OVER} and not self._is_created:
            self._is_created = True
            self._notes.note("supervisor", pid=0, start=None, boot=None)
        if state.waits is not None:
            self._wait_for(state.waits)
        elif not self._is_created and time.monotonic() - self._begun > _OPERATOR_PATIENCE:
            self._wait_for("waits: the training operator has not taken it yet; does it run?")

    async def _follow(self, launch: dict[str, Any]) -> None:
        """Give the job the replicas of a changed spec."""
        try:
            await self._own.change(launch["job"])
        except ClusterError as error:
            said = f"the job cannot be changed: {error}"
            self._notes.note("notice", reason="ScaleFailed", message=said)
            return
        self._launch = launch
        self._plan_pods()
        self._notes.note("launched", generation=launch["generation"])

    async def _settle(self, state: JobState) -> None:
        """Wait until nothing runs any more and all logs are whole, within reason."""
        deadline = time.monotonic() + self._launch["grace"] + _END_PATIENCE
        unseen = {name for name, pod in self._pods.items() if pod.seen is None}
        while time.monotonic() < deadline:
            unseen -= {name for name in unseen if await self._look_at(self._pods[name])}
            self._look_after_pods()
            if not unseen and all(pod.is_over for pod in self._pods.values()):
                return
            await self._pause()
        for pod in self._pods.values():
            if not pod.is_over:
                pod.give_up()
        log.warning("%s has ended (%s); not all of its pods have", self.experiment_id, state.status)

    async def _look_at(self, pod: PodRun) -> bool:
        """Ask for a pod that the watch has not shown: the job's end may come before its own.

        Returns whether that was answered.
        """
        try:
            found = await self._cluster.get(PODS, pod.name)
        except Refused as error:
            if error.status == 404 and pod.seen is None:
                pod.vanish(self._why_ended(pod.name))
            return error.status == 404
        except ClusterError:
            return False
        if pod.seen is None:
            self.pod_changed(found, is_there=True)
        return True

    async def _finish(self, state: JobState, request: Mapping[str, Any] | None) -> None:
        if request is not None:
            await self._end("Failed", request["reason"], request.get("message"))
            return
        if state.status is Status.SUCCEEDED:
            await self._end("Succeeded", None, None)
            return
        failed = self._failed_pod()
        if failed is None or failed.failure is None:
            await self._end("Failed", state.reason or "JobFailed", state.message)
            return
        ending = failed.failure
        reason, message = ending.verdict or (None, None)
        cause = reason or ("Signal" if ending.code < 0 else "Error")
        more: dict[str, Any] = {"pod": failed.name, "code": ending.code}
        if cause == "CodeSyncFailed":
            await self._keep_fetch_log(failed.name)
            more["step"] = "code"
        await self._end("Failed", cause, message, **more)

    def _failed_pod(self) -> PodRun | None:
        """Return the pod that failed first."""
        failed = [pod for pod in self._pods.values() if pod.failure is not None]
        return min(
            failed,
            key=lambda pod: (pod.failure and pod.failure.finished) or float("inf"),
            default=None,
        )

    async def _keep_fetch_log(self, pod: str) -> None:
        """Keep what the container said that could not fetch the code."""
        try:
            response = await self._cluster.read_log(pod, GIT_CONTAINER, {})
            async with response:
                said = await response.read()
        except (ClusterError, OSError) as error:
            said = f"its log cannot be read: {error}\n".encode()
        place = self._files.step_log("code")
        place.parent.mkdir(mode=0o700, exist_ok=True)
        place.write_bytes(said)

    async def _end(
        self, outcome: str, reason: str | None, message: str | None, **more: Any
    ) -> None:
        """Note how it ended, and remove what nobody needs any more."""
        await self._own.drop_secret()
        self._notes.note("end", outcome=outcome, reason=reason, message=message, **more)
        await asyncio.to_thread(self._notes.journal.finish)

    async def _remove(self) -> None:
        """Remove the job with its pods, however long that takes to be heard."""
        pause = _RETRY
        while True:
            try:
                await self._own.remove()
            except Unreachable as error:
                log.warning("%s cannot be removed for now: %s", self.experiment_id, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_RETRY)
            except ClusterError as error:
                self._wait_for(f"its job cannot be removed: {error}")
                return
            else:
                return

    def _why_ended(self, pod: str) -> str | None:
        """Return why a pod is being ended by somebody, when that is known."""
        if self._files.stop.exists():
            return "stop"
        if any(plan["pod"] == pod and plan["retired"] for plan in self._launch["pods"]):
            return "scale"
        state = self._state()
        return {Status.SUCCEEDED: "policy", Status.FAILED: "failure"}.get(state.status)

    def _look_after_pods(self) -> None:
        for pod in self._pods.values():
            if pod.is_unexplained:
                pod.explain(self._why_ended(pod.name))
            pod.look_after()
        self._notes.journal.catch_up()

    def _plan_pods(self) -> None:
        logs = log_maker(self._files.directory, self._launch["logCap"])
        for plan in self._launch["pods"]:
            name = plan["pod"]
            if name not in self._pods:
                container = self._kind.container
                self._pods[name] = PodRun(name, container, self._cluster, logs, self._notes)

    def _stop_request(self) -> Mapping[str, Any] | None:
        try:
            request: dict[str, Any] = json.loads(self._files.stop.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return request

    def _wait_for(self, said: str) -> None:
        if said != self._waits:
            self._waits = said
            self._notes.note("waiting", message=said)

    async def _pause(self) -> None:
        """Wait until something changes, or it is time to look at the files again."""
        # `wait_for` of Python 3.11 and older forgets a cancellation that comes with the event.
        waiter = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({waiter}, timeout=_TICK)
        finally:
            waiter.cancel()
        self._wake.clear()
