"""The course of a run: starts its replicas, starts them again, and ends it by the launch's rule.

Every engine's runs go by this. Its imports are the standard library's, since the supervisor of a
local run has nothing else.
"""

from __future__ import annotations

import json
import os
import time
from abc import ABC, abstractmethod

from .journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    Fact = tuple[str, Mapping[str, object]]

_LONGEST_BACK_OFF = 60.0
# Starting these again would go no better.
_HOPELESS = ("CommandNotFound", "WorkdirNotFound", "LogLimit")


class Replica(ABC):
    """One start of a pod, by whatever engine.

    Parameters
    ----------
    plan
        The pod's entry in `launch.json`.
    attempt
        Which start of the pod this is, from 1.

    Attributes
    ----------
    exit_code
        Of the main process once it has ended; negative is the signal that ended it.
    stopped_by
        Why it was told to end; None when it was not.
    verdict
        Reason and sentence when something else than itself has ended it.
    gone
        Whether the last of its processes has ended and the log is final.
    """

    def __init__(self, plan: dict[str, Any], attempt: int) -> None:
        self.plan = plan
        self.name: str = plan["pod"]
        self.attempt = attempt
        self.exit_code: int | None = None
        self.stopped_by: str | None = None
        self.verdict: tuple[str, str] | None = None
        self.gone = False

    @property
    def exited(self) -> bool:
        """Whether its main process has ended."""
        return self.exit_code is not None

    @abstractmethod
    def start(self) -> tuple[str, str] | None:
        """Start it; return None, or reason and sentence when it could not be.

        Raises
        ------
        OSError
            The system lacks something for it. It holds nothing then.
        """

    @abstractmethod
    def identity(self) -> Mapping[str, object]:
        """Return by what it is found again, for the fact of its start."""

    @abstractmethod
    def poll(self) -> int | None:
        """Return the exit code of its main process; None while that runs.

        What else than itself has ended it is in `verdict` by then.
        """

    @abstractmethod
    def stop(self, by: str, kill_at: float) -> None:
        """Ask it to end, and see to it at a time of `time.monotonic`."""

    @abstractmethod
    def hurry(self, kill_at: float) -> None:
        """Bring forward the time at which it is killed."""

    @abstractmethod
    def look_after(self, clock: float) -> Iterable[Fact]:
        """Keep it to its limits and close what has ended; return what is to be noted of it."""


class Unstarted(Replica):
    """A start that the system refused: nothing of it was ever there."""

    def start(self) -> None:
        """Start nothing."""

    def identity(self) -> Mapping[str, object]:
        """Return nothing."""
        return {}

    def poll(self) -> int | None:
        """Return the exit code that it was given."""
        return self.exit_code

    def stop(self, by: str, kill_at: float) -> None:
        """End nothing."""

    def hurry(self, kill_at: float) -> None:
        """End nothing sooner."""

    def look_after(self, clock: float) -> Iterable[Fact]:  # noqa: ARG002 - it is gone at any time
        """Be gone, with an empty log."""
        self.gone = True
        return [("gone", {"size": 0})]


class Pod:
    """A pod of the run.

    Attributes
    ----------
    plan
        How its next replica is started.
    attempt
        How often it was started.
    replica
        The one that was started last; None before the first.
    due
        When the next one starts, by `time.monotonic`; None when none does.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.attempt = 0
        self.replica: Replica | None = None
        self.due: float | None = None

    @property
    def running(self) -> Replica | None:
        """The replica whose main process runs, or None."""
        return self.replica if self.replica is not None and not self.replica.exited else None

    @property
    def is_working(self) -> bool:
        """Whether its main process runs or is to run."""
        return self.due is not None or self.running is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs or is to run."""
        return self.due is None and (self.replica is None or self.replica.gone)

    @property
    def has_succeeded(self) -> bool:
        """Whether its replica has ended well."""
        return self.replica is not None and self.replica.exit_code == 0


class LaunchFile:
    """`launch.json`, which the server may replace by a newer one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None

    def news(self) -> dict[str, Any] | None:
        """Return its content if that was not returned before, else None."""
        try:
            facts = os.stat(self._path)
        except OSError:
            return None
        identity = (facts.st_ino, facts.st_mtime_ns)
        if identity == self._seen:
            return None
        self._seen = identity
        return _read_json(self._path)


class Supervision(ABC):
    """One run on its course.

    Parameters
    ----------
    directory
        Where its `launch.json` and `stop.json` are.
    launch
        The first launch.
    journal
        Where facts go.
    """

    def __init__(
        self, directory: str, file: LaunchFile, launch: dict[str, Any], journal: Journal
    ) -> None:
        self.file = file
        self.launch = launch
        self.journal = journal
        self.pods: dict[str, Pod] = {}
        self.restarts = 0
        self.outcome: dict[str, object] | None = None
        self.drain_until: float | None = None
        self.interrupted: str | None = None
        self._stop_file = os.path.join(directory, "stop.json")

    @abstractmethod
    def make(self, pod: Pod) -> Replica:
        """Return the pod's next replica, not started yet."""

    @property
    def is_over(self) -> bool:
        """Whether the outcome is fixed and nothing runs any more."""
        return self.outcome is not None and all(pod.is_over for pod in self.pods.values())

    def follow(self, launch: dict[str, Any]) -> None:
        """Bring the pods to what a launch asks for: more of them, or less."""
        self.launch = launch
        for plan in launch["pods"]:
            pod = self.pods.setdefault(plan["pod"], Pod(plan))
            pod.plan = plan
            if plan["retired"]:
                pod.due = None
                if pod.running is not None:
                    pod.running.stop("scale", time.monotonic() + launch["grace"])
            elif pod.replica is None or pod.replica.stopped_by == "scale":
                pod.due = 0
        self.journal.note("launched", generation=launch["generation"])

    def tick(self, clock: float) -> None:
        """Take in what has happened and act on it."""
        self.journal.catch_up()
        for pod in self.pods.values():
            if pod.running is not None and (code := pod.running.poll()) is not None:
                self.exited(pod.running, code, clock)
        if self.outcome is None:
            launch = self.file.news()
            if launch is not None:
                self.follow(launch)
        self.decide(clock)
        self.advance(clock)

    def advance(self, clock: float) -> None:
        """Start the replicas that are due, and look after those that were started."""
        for pod in self.pods.values():
            if pod.due is not None and clock >= pod.due and pod.running is None:
                self.start(pod, clock)
            if pod.replica is not None and not pod.replica.gone:
                for fact, fields in pod.replica.look_after(clock):
                    self.note_of(pod.replica, fact, **fields)

    def start(self, pod: Pod, clock: float) -> None:
        """Start a pod's replica, once the one before it is gone."""
        if pod.replica is not None and not pod.replica.gone:
            return
        pod.due = None
        pod.attempt += 1
        try:
            pod.replica = replica = self.make(pod)
            refusal = replica.start()
        except OSError as error:
            # The others go on, whatever the system has run out of.
            pod.replica = replica = Unstarted(pod.plan, pod.attempt)
            refusal = ("StartFailed", f"could not be started: {error.strerror}")
        if refusal is not None:
            replica.verdict = refusal
            self.exited(replica, 127, clock)
            return
        self.note_of(replica, "start", **replica.identity())

    def exited(self, replica: Replica, code: int, clock: float) -> None:
        """Note an exit; one that nobody asked for and that is not 0 is tried again, or fails."""
        replica.exit_code = code
        reason, message = replica.verdict if code != 0 and replica.verdict else (None, None)
        by = replica.stopped_by
        self.note_of(replica, "exit", code=code, by=by, reason=reason, message=message)
        if code != 0 and by is None and self.outcome is None:
            self.judge(replica, clock)

    def judge(self, replica: Replica, clock: float) -> None:
        """Have a replica that has failed started again, or fail the run."""
        code = replica.exit_code or 0
        reason, message = replica.verdict or (None, None)
        if self.restarts < self.launch["backoffLimit"] and reason not in _HOPELESS:
            delay = min(2.0 ** min(self.restarts, 6), _LONGEST_BACK_OFF)
            self.restarts += 1
            self.pods[replica.name].due = clock + delay
            self.note_of(replica, "restart", delay=delay, restarts=self.restarts)
            return
        cause = reason or ("Signal" if code < 0 else "Error")
        self.end("Failed", cause, message, by="failure", pod=replica.name, code=code)

    def decide(self, clock: float) -> None:
        """End the run when it is to be ended, and sooner when that is asked for."""
        request = _read_json(self._stop_file)
        if self.outcome is None:
            if request is not None:
                self.end("Failed", request["reason"], request.get("message"), by="stop")
            elif self.interrupted is not None:
                self.end("Failed", "Interrupted", self.interrupted, by="interrupt")
            elif self.is_complete(clock):
                self.end("Succeeded", None, None, by="policy")
        if request is not None:
            for pod in self.pods.values():
                if pod.running is not None:
                    pod.running.hurry(clock + request["grace"])

    def is_complete(self, clock: float) -> bool:
        """Whether the deciding replicas have succeeded and the other workers had their time."""
        if not all(self.pods[name].has_succeeded for name in self.launch["deciding"]):
            return False
        if self.drain_until is None:
            self.drain_until = clock + self.launch["drain"]
        servants = self.launch["servants"]
        working = any(pod.is_working for name, pod in self.pods.items() if name not in servants)
        return not working or clock >= self.drain_until

    def end(
        self, outcome: str, reason: str | None, message: str | None, by: str, **more: object
    ) -> None:
        """Fix the outcome and ask every replica that still runs to end."""
        self.outcome = {"outcome": outcome, "reason": reason, "message": message, **more}
        kill_at = time.monotonic() + self.launch["grace"]
        for pod in self.pods.values():
            pod.due = None
            if pod.running is not None and pod.running.stopped_by is None:
                pod.running.stop(by, kill_at)

    def note_of(self, replica: Replica, fact: str, **fields: object) -> None:
        """Append a fact of a replica."""
        self.journal.note(fact, pod=replica.name, attempt=replica.attempt, **fields)


def _read_json(path: str) -> dict[str, Any] | None:
    """Return what the server has written there, or None."""
    try:
        with open(path) as file:
            content: dict[str, Any] = json.load(file)
            return content
    except (OSError, ValueError):
        return None
