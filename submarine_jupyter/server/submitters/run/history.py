"""What the facts of a run tell: the state of each pod, the timeline, the end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ....spec import Status
from ....spec.pods import Pod, in_order
from ..base import End, Happening, PodReport, PodState, Report

Fact = Mapping[str, Any]

_WHY_STOPPED = {
    "policy": "stopped by policy: the deciding replicas have succeeded",
    "failure": "ended because another replica failed",
    "stop": "ended on request",
    "interrupt": "ended with its supervisor",
    "scale": "ended because fewer replicas are asked for",
}


class History:
    """The facts of one run, taken in one after the other.

    Attributes
    ----------
    supervisor
        The fact of the supervisor's start; None before that.
    """

    def __init__(self) -> None:
        self.supervisor: Fact | None = None
        self._pods: dict[str, PodReport] = {}
        self._happened: list[Happening] = []
        self._end: Fact | None = None
        self._prepared: Fact | None = None
        self._latest = 0.0
        self._takers: Mapping[str, Callable[[Fact], None]] = {
            "supervisor": self._supervisor,
            "progress": self._progress,
            "prepared": self._readied,
            "waiting": self._waiting,
            "notice": self._notice,
            "start": self._start,
            "exit": self._exit,
            "restart": self._restart,
            "dropped": self._dropped,
            "gone": self._gone,
            "end": self._ended,
        }

    def take(self, fact: Fact) -> None:
        """Take in one fact; one of a kind that is not known tells nothing."""
        self._latest = max(self._latest, fact["time"])
        taker = self._takers.get(fact["fact"])
        if taker is not None:
            taker(fact)

    def report(self, launch: Mapping[str, Any]) -> Report:
        """Return what is known by now of a run with the pods of a launch."""
        end = None if self._end is None else _end(self._end, self._pods)
        # Until all is there that its pods need it is accepted, no more.
        created = self._prepared if launch.get("steps") else self.supervisor
        return Report(
            created["time"] if created else None,
            [settled(pod, end) for pod in self._planned(launch)],
            tuple(self._happened),
            end,
        )

    @property
    def failed_step(self) -> str | None:
        """The step before the pods that made the run fail, or None."""
        return self._end.get("step") if self._end else None

    def not_before(self, when: float) -> float:
        """Return a time, or that of the last fact if it is later: clocks may be set back."""
        return max(when, self._latest)

    def _planned(self, launch: Mapping[str, Any]) -> list[PodReport]:
        plans = launch["pods"]
        # What was retired before it ever started was never there.
        shown = [plan for plan in plans if not plan["retired"] or plan["pod"] in self._pods]
        pods = in_order(Pod(plan["pod"], plan["role"], plan["index"]) for plan in shown)
        return [replace(self._known(pod.name), role=pod.role, index=pod.index) for pod in pods]

    def _known(self, pod: str) -> PodReport:
        # Facts name a pod only; its role and index are the launch's to tell.
        return self._pods.get(pod) or PodReport(pod, "", 0)

    def _supervisor(self, fact: Fact) -> None:
        self.supervisor = fact

    def _progress(self, fact: Fact) -> None:
        self._tell(fact, "status", "Preparing", fact["message"])

    def _readied(self, fact: Fact) -> None:
        self._prepared = fact

    def _waiting(self, fact: Fact) -> None:
        self._tell(fact, "status", "Waiting", fact["message"])

    def _notice(self, fact: Fact) -> None:
        self._tell(fact, "warning", fact["reason"], fact["message"])

    def _start(self, fact: Fact) -> None:
        attempt = fact["attempt"]
        self._pods[fact["pod"]] = replace(
            PodReport(fact["pod"], "", 0),
            attempt=attempt,
            state=PodState.RUNNING,
            started=fact["time"],
        )
        self._tell(fact, "pod", "Started", f"attempt {attempt}" if attempt > 1 else "")

    def _exit(self, fact: Fact) -> None:
        code: int = fact["code"]
        known = self._known(fact["pod"])
        if known.attempt != fact["attempt"]:
            # This attempt could not be started at all.
            known = replace(PodReport(fact["pod"], "", 0), attempt=fact["attempt"])
        pod = replace(
            known,
            state=_state_after(fact),
            finished=fact["time"],
            exit_code=code if code >= 0 else None,
            signal=_signal_name(-code) if code < 0 else None,
            stopped_by=fact["by"],
            reason=fact["reason"],
            message=fact["message"],
        )
        self._pods[pod.name] = pod
        self._tell(fact, "pod", *_exit_words(pod))

    def _restart(self, fact: Fact) -> None:
        pod = self._pods[fact["pod"]]
        self._pods[pod.name] = replace(pod, state=PodState.PENDING, reason="BackOff")
        said = f"starts again in {fact['delay']:g} s, restart {fact['restarts']}"
        self._tell(fact, "pod", "Restarting", said)

    def _dropped(self, fact: Fact) -> None:
        pod = self._pods[fact["pod"]]
        if pod.log_first == 0:
            said = "its log has reached the cap; from now on the oldest lines are dropped"
            self._tell(fact, "warning", "LogLimit", said)
        self._pods[pod.name] = replace(pod, log_first=fact["first"])

    def _gone(self, fact: Fact) -> None:
        pod = self._pods[fact["pod"]]
        self._pods[pod.name] = replace(pod, log_size=fact["size"])

    def _ended(self, fact: Fact) -> None:
        self._end = fact

    def _tell(self, fact: Fact, kind: str, reason: str, message: str) -> None:
        self._happened.append(Happening(fact["time"], kind, reason, message, fact.get("pod")))


def settled(pod: PodReport, end: End | None) -> PodReport:
    """Return a pod of a run that is over: whatever was not seen to end is not running either."""
    if end is None:
        return pod
    if pod.state is PodState.PENDING:
        return replace(pod, state=PodState.STOPPED, stopped_by="failure")
    if pod.state is PodState.RUNNING:
        return replace(pod, state=PodState.FAILED, finished=end.time, reason="Unknown")
    return pod


def _state_after(fact: Fact) -> PodState:
    if fact["by"] is not None:
        return PodState.STOPPED
    return PodState.SUCCEEDED if fact["code"] == 0 else PodState.FAILED


def _exit_words(pod: PodReport) -> tuple[str, str]:
    if pod.stopped_by is not None:
        return "Stopped", _WHY_STOPPED.get(pod.stopped_by, f"ended: {pod.stopped_by}")
    if pod.message:
        return pod.reason or "Failed", pod.message
    if pod.signal:
        return "Failed", f"ended by {pod.signal}"
    state = "Succeeded" if pod.state is PodState.SUCCEEDED else "Failed"
    return state, f"exit code {pod.exit_code}"


def _end(fact: Fact, pods: Mapping[str, PodReport]) -> End:
    pod = pods.get(fact.get("pod") or "")
    message = fact["message"] if pod is None else _sentence(pod)
    return End(Status(fact["outcome"]), fact["time"], fact["reason"], message, fact.get("pod"))


def _sentence(pod: PodReport) -> str:
    """Return why a pod made its run fail."""
    role, _, index = pod.name.rpartition("-")
    name = f"{role.rpartition('-')[2]}-{index}"
    if pod.message:
        return f"{name} {pod.message}"
    if pod.signal == "SIGKILL":
        return f"{name} was ended by SIGKILL; the machine may have run out of memory"
    if pod.signal:
        return f"{name} was ended by {pod.signal}"
    return f"{name} exited with code {pod.exit_code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
