"""The run of one experiment: starts its replicas, waits for them, and ends by the launch's rule."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import time

from .journal import Appender, Clock, Journal
from .output import CannotDrop
from .processes import HAS_PROC, boot_id, orphans, send, start_of
from .replica import Replica
from .steps import Step, hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK = 0.1
_PR_SET_CHILD_SUBREAPER = 36
_THOROUGH = 5
_LONGEST_BACK_OFF = 60.0
# Starting these again would go no better.
_HOPELESS = ("CommandNotFound", "WorkdirNotFound", "LogLimit")


class Pod:
    """A pod of the run.

    Attributes
    ----------
    plan
        How its next replica is started.
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

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None

    def news(self) -> dict[str, Any] | None:
        """Return its content if that was not returned before, else None."""
        try:
            facts = os.stat("launch.json")
        except OSError:
            return None
        identity = (facts.st_ino, facts.st_mtime_ns)
        if identity == self._seen:
            return None
        self._seen = identity
        return read_json("launch.json")


class Supervisor:
    """Runs one experiment.

    Parameters
    ----------
    file, launch
        `launch.json`, and its content.
    journal
        Where facts go.
    clock
        For the times in the logs' indexes.
    """

    def __init__(
        self, file: LaunchFile, launch: dict[str, Any], journal: Journal, clock: Clock
    ) -> None:
        self.file = file
        self.launch = launch
        self.journal = journal
        self.clock = clock
        self.pods: dict[str, Pod] = {}
        self.restarts = 0
        self.ticks = 0
        self.outcome: dict[str, object] | None = None
        self.drain_until: float | None = None
        self.terminated = False
        # What comes before the pods; the first of them runs.
        self.steps = [Step(plan) for plan in launch.get("steps", ())]

    def run(self) -> None:
        """Run the experiment to its end."""
        woken = self.listen()
        me = os.getpid()
        self.journal.note("supervisor", pid=me, start=start_of(me), boot=boot_id())
        hold(self.launch.get("holds", ()))
        self.follow(self.launch)
        self.tick(time.monotonic())
        while self.outcome is None or not all(pod.is_over for pod in self.pods.values()):
            select.select([woken], [], [], TICK)
            try:
                os.read(woken, 4096)
            except BlockingIOError:
                pass
            self.tick(time.monotonic())
        end_orphans()
        self.journal.note("end", **self.outcome)
        self.journal.finish()

    def listen(self) -> int:
        """Return a descriptor that becomes readable when a signal has come."""
        woken, wake = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "terminated", True))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return woken

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
        self.ticks += 1
        self.journal.catch_up()
        self.reap(clock)
        if self.outcome is None:
            launch = self.file.news()
            if launch is not None:
                self.follow(launch)
        self.decide(clock)
        self.prepare()
        if self.steps:
            return
        for pod in self.pods.values():
            if pod.due is not None and clock >= pod.due and pod.running is None:
                self.start(pod, clock)
            if pod.replica is not None and not pod.replica.gone:
                self.look_after(pod.replica, clock)

    def prepare(self) -> None:
        """Take the steps that come before the pods, one after the other."""
        while self.steps and self.outcome is None:
            step = self.steps[0]
            if not step.pid:
                step.start()
            for message in step.news():
                self.journal.note("progress", step=step.name, message=message)
            if step.exit_code is None:
                return
            if step.exit_code != 0:
                self.end("Failed", step.reason, step.complaint, by="failure", step=step.name)
                return
            self.steps.pop(0)
            if not self.steps:
                self.journal.note("prepared")

    def start(self, pod: Pod, clock: float) -> None:
        """Start a pod's replica, once the one before it is gone."""
        if pod.replica is not None and not pod.replica.gone:
            return
        pod.due = None
        pod.attempt += 1
        rules = self.launch
        pod.replica = replica = Replica(
            pod.plan, pod.attempt, log_cap=rules["logCap"], use_cgroup=rules["cgroups"]
        )
        refusal = replica.start()
        if refusal is not None:
            replica.verdict = refusal
            self.exited(replica, 127, clock)
            return
        self.journal.note(
            "start",
            pod=replica.name,
            attempt=replica.attempt,
            pid=replica.pid,
            start=start_of(replica.pid),
            cgroup=replica.cgroup.path if replica.cgroup else None,
        )

    def look_after(self, replica: Replica, clock: float) -> None:
        """Keep a replica to its limits, and close what has ended."""
        replica.end_overdue(clock)
        left_over = replica.exited and replica.signal(signal.SIGKILL)
        if not replica.exited:
            replica.weigh(thoroughly=self.ticks % _THOROUGH == 0)
        replica.output.note_growth(self.clock.now())
        self.cap(replica)
        if replica.exited and not left_over:
            self.note_of(replica, "gone", size=replica.output.size)
            replica.close()

    def cap(self, replica: Replica) -> None:
        """Keep a replica's log to its cap, or end it where that cannot be."""
        try:
            if replica.output.keep_to_cap():
                self.note_of(replica, "dropped", first=replica.output.first)
        except CannotDrop:
            cap = self.launch["logCap"]
            replica.condemn(
                "LogLimit",
                f"wrote more than the {cap} bytes of log that are kept, and this file system "
                "cannot drop the oldest of them; print less, or give the server a larger "
                "--log-cap",
            )

    def reap(self, clock: float) -> None:
        """Take the exit codes of all children that have ended, adopted ones too."""
        running = [pod.running for pod in self.pods.values()]
        by_pid = {replica.pid: replica for replica in running if replica is not None}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                self.exited(by_pid[pid], os.waitstatus_to_exitcode(status), clock)
            elif self.steps and pid == self.steps[0].pid:
                self.steps[0].exit_code = os.waitstatus_to_exitcode(status)

    def exited(self, replica: Replica, code: int, clock: float) -> None:
        """Note an exit; one that nobody asked for and that is not 0 is tried again, or fails."""
        if code != 0 and replica.verdict is None:
            replica.weigh(thoroughly=True)
        replica.exit_code = code
        reason, message = replica.verdict if code != 0 and replica.verdict else (None, None)
        by = replica.stopped_by
        self.note_of(replica, "exit", code=code, by=by, reason=reason, message=message)
        if code == 0 or by is not None or self.outcome is not None:
            return
        if self.restarts < self.launch["backoffLimit"] and reason not in _HOPELESS:
            delay = min(2.0**self.restarts, _LONGEST_BACK_OFF)
            self.restarts += 1
            self.pods[replica.name].due = clock + delay
            self.note_of(replica, "restart", delay=delay, restarts=self.restarts)
            return
        cause = reason or ("Signal" if code < 0 else "Error")
        self.end("Failed", cause, message, by="failure", pod=replica.name, code=code)

    def decide(self, clock: float) -> None:
        """End the run when it is to be ended, and sooner when that is asked for."""
        request = read_json("stop.json")
        if self.outcome is None:
            if request is not None:
                self.end("Failed", request["reason"], request.get("message"), by="stop")
            elif self.terminated:
                text = "its supervisor was told to end"
                self.end("Failed", "Interrupted", text, by="interrupt")
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
        for step in self.steps:
            step.kill()
        kill_at = time.monotonic() + self.launch["grace"]
        for pod in self.pods.values():
            pod.due = None
            if pod.running is not None and pod.running.stopped_by is None:
                pod.running.stop(by, kill_at)

    def note_of(self, replica: Replica, fact: str, **fields: object) -> None:
        """Append a fact of a replica."""
        self.journal.note(fact, pod=replica.name, attempt=replica.attempt, **fields)


def end_orphans() -> None:
    """Kill whatever hid so well that no replica could be told to own it."""
    while HAS_PROC and (left := list(orphans())):
        for process in left:
            send(process, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def read_json(path: str) -> dict[str, Any] | None:
    """Return what the server has written there, or None."""
    try:
        with open(path) as file:
            content: dict[str, Any] = json.load(file)
            return content
    except (OSError, ValueError):
        return None


def lock(facts: Appender) -> bool:
    """Lock the journal; return whether that could be done, or another supervisor has it."""
    for _ in range(20):
        try:
            fcntl.flock(facts.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # The server holds it for a moment when it looks whether somebody does.
            time.sleep(0.05)
        else:
            return True
    return False


def main(directory: str) -> None:
    """Run the experiment whose files are in `directory`, unless that was begun before."""
    os.chdir(directory)
    facts = Appender("facts.jsonl")
    if not lock(facts) or os.fstat(facts.descriptor).st_size:
        return
    # Each replica takes some descriptors.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if HAS_PROC:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    file = LaunchFile()
    launch = file.news()
    if launch is None:
        return
    clock = Clock(launch.get("since", 0.0))
    Supervisor(file, launch, Journal(facts, clock), clock).run()
