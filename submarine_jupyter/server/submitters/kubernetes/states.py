"""What the objects of a cluster tell: the state of a job, and of a pod's container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....spec import Status
from .manifests import GIT_CONTAINER
from .stamps import seconds_of

Object = Mapping[str, Any]

_ORDINARY = ("ContainerCreating", "PodInitializing", "CrashLoopBackOff")
# A container that a signal has ended has 128 and its number for a code.
_SIGNALS = {134: -6, 137: -9, 139: -11, 143: -15}
_LOST = -9
_UNSTARTED = ("StartError", "ContainerCannotRun")
_NOT_FOUND = ("executable file not found", "no such file or directory")


@dataclass(frozen=True)
class JobState:
    """What a job's conditions tell.

    Attributes
    ----------
    status
        Of the experiment, as far as the job alone decides it.
    waits
        Why it has not begun, when it says so.
    reason, message
        Of the condition that ended it.
    """

    status: Status
    waits: str | None = None
    reason: str | None = None
    message: str | None = None


def job_state(job: Object) -> JobState:
    """Return the state of a job."""
    conditions = {
        entry["type"]: entry
        for entry in (job.get("status") or {}).get("conditions") or []
        if entry.get("status") == "True"
    }
    for name in ("Succeeded", "Failed"):
        if name in conditions:
            entry = conditions[name]
            return JobState(Status(name), None, entry.get("reason"), entry.get("message"))
    if job["metadata"].get("deletionTimestamp"):
        return JobState(Status.DELETED)
    if "Suspended" in conditions:
        return JobState(Status.ACCEPTED, "waits: its job is suspended, by a queue or by somebody")
    if "Running" in conditions or "Restarting" in conditions:
        return JobState(Status.RUNNING)
    return JobState(Status.CREATED if "Created" in conditions else Status.ACCEPTED)


@dataclass(frozen=True)
class Exit:
    """How a container ended.

    Attributes
    ----------
    code
        Negative is the signal that ended it.
    verdict
        Reason and sentence when something else than itself has ended it.
    started, finished
        In seconds since 1970.
    """

    code: int
    verdict: tuple[str, str] | None = None
    started: float | None = None
    finished: float | None = None


@dataclass(frozen=True)
class Notice:
    """Something that keeps a pod from running."""

    reason: str
    message: str


@dataclass(frozen=True)
class PodSeen:
    """What a pod's status tells.

    Attributes
    ----------
    restarts
        How often its container was started again.
    started
        When its container started, if it runs or has ended.
    exit
        How the container ended; None while it has not.
    previous
        How the start before this one ended.
    unstarted
        How the pod failed before its container ran; None when it did not.
    is_active
        Whether something of it runs or may still run.
    is_leaving
        Whether somebody has asked for its end.
    notices
        What keeps it from running.
    backs_off
        Whether the node waits before it starts the container again.
    """

    name: str
    uid: str
    restarts: int
    started: float | None
    exit: Exit | None
    previous: Exit | None
    unstarted: Exit | None
    is_active: bool
    is_leaving: bool
    notices: tuple[Notice, ...]
    backs_off: bool


def pod_seen(pod: Object, container: str) -> PodSeen:
    """Return what a pod tells of one of its containers."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    own = _container(status.get("containerStatuses"), container)
    state, before = own.get("state") or {}, (own.get("lastState") or {}).get("terminated")
    ended = state.get("terminated")
    if "waiting" in state and before:
        # The number of restarts is still that of the start that has ended.
        ended, before = before, None
    limit = _memory_limit(pod, container)
    ending = _exit(ended, limit) if ended else None
    if status.get("phase") == "Failed" and status.get("reason"):
        ending = _pod_failure(status, ending)
    began = (state.get("running") or ended or {}).get("startedAt")
    never_ran = began is None or (ended or {}).get("reason") in _UNSTARTED
    return PodSeen(
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        restarts=int(own.get("restartCount") or 0),
        started=None if never_ran else seconds_of(str(began)),
        exit=None if never_ran else ending,
        previous=_exit(before, limit) if before else None,
        unstarted=_fetch_failure(status) or (ending if never_ran else None),
        is_active=status.get("phase") not in {"Succeeded", "Failed"},
        is_leaving="deletionTimestamp" in metadata,
        notices=tuple(_notices(status)),
        backs_off=(state.get("waiting") or {}).get("reason") == "CrashLoopBackOff",
    )


def _container(statuses: Any, name: str) -> Object:
    return next((entry for entry in statuses or [] if entry["name"] == name), {})


def _memory_limit(pod: Object, container: str) -> str | None:
    spec = _container((pod.get("spec") or {}).get("containers"), container)
    found: str | None = ((spec.get("resources") or {}).get("limits") or {}).get("memory")
    return found


def _exit(ended: Object, limit: str | None) -> Exit:
    code = int(ended.get("exitCode") or 0)
    number = ended.get("signal")
    return Exit(
        -int(number) if number else _SIGNALS.get(code, code),
        _verdict(ended, limit),
        seconds_of(ended.get("startedAt") or ""),
        seconds_of(ended.get("finishedAt") or ""),
    )


def _verdict(ended: Object, limit: str | None) -> tuple[str, str] | None:
    reason, message = ended.get("reason"), str(ended.get("message") or "").strip()
    if reason == "OOMKilled":
        most = f"its limit of {limit}" if limit else "its node has"
        return "OOMKilled", f"was killed: it took more memory than {most}"
    if reason in _UNSTARTED:
        found = any(words in message.lower() for words in _NOT_FOUND)
        name = "CommandNotFound" if found else str(reason)
        return name, f"could not be started: {message or 'the node does not say why'}"
    return None


def _pod_failure(status: Object, ending: Exit | None) -> Exit:
    """Return how a pod failed that its node or the cluster has ended (`Evicted`)."""
    reason, message = str(status["reason"]), str(status.get("message") or "").strip()
    said = f"was ended by the cluster ({reason}): {message or 'it does not say why'}"
    code = ending.code if ending and ending.code else _LOST
    ended = ending or Exit(code)
    return Exit(code, (reason, said), ended.started, ended.finished)


def _fetch_failure(status: Object) -> Exit | None:
    fetching = _container(status.get("initContainerStatuses"), GIT_CONTAINER)
    ended = (fetching.get("state") or {}).get("terminated")
    if not ended or not ended.get("exitCode"):
        return None
    said = f"could not start: its code was not fetched (git-sync ended with {ended['exitCode']})"
    return Exit(int(ended["exitCode"]), ("CodeSyncFailed", said))


def _notices(status: Object) -> Iterator[Notice]:
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            said = condition.get("message") or "no node takes it"
            yield Notice("FailedScheduling", str(said))
    for name in ("initContainerStatuses", "containerStatuses"):
        for entry in status.get(name) or []:
            waiting = (entry.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") and waiting["reason"] not in _ORDINARY:
                said = waiting.get("message") or "the node does not say why"
                yield Notice(str(waiting["reason"]), str(said))
