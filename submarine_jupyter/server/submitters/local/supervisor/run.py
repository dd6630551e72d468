"""The run of one experiment on this machine: its replicas are this process's children."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import select
import signal
import time
from functools import partial

from ...run.journal import Appender, Clock, Journal
from ...run.output import Output
from ...run.supervision import LaunchFile, Pod, Supervision
from .lost import end_lost
from .processes import HAS_PROC, boot_id, orphans, send, start_of
from .replica import LocalReplica
from .steps import Step, hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK = 0.1
_PR_SET_CHILD_SUBREAPER = 36


class Supervisor(Supervision):
    """Runs one experiment, in whose directory it is.

    Parameters
    ----------
    file, launch
        `launch.json`, and its content.
    journal
        Where facts go.
    clock
        For the times in the logs' indexes.

    Attributes
    ----------
    codes
        Exit codes, by pid, of the children that have ended since the last tick.
    """

    def __init__(
        self, file: LaunchFile, launch: dict[str, Any], journal: Journal, clock: Clock
    ) -> None:
        super().__init__(os.curdir, file, launch, journal)
        self.clock = clock
        self.codes: dict[int, int] = {}
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
        while self.outcome is None or not self.is_over:
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
        signal.signal(signal.SIGTERM, self.terminate)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return woken

    def terminate(self, *_: object) -> None:
        """End the run because this process is told to end (a signal handler)."""
        self.interrupted = "its supervisor was told to end"

    def tick(self, clock: float) -> None:
        """Take in what has happened and act on it."""
        self.codes.clear()
        self.reap()
        if self.launch.get("leash") and is_let_go():
            self.interrupted = "what had started it is gone"
        super().tick(clock)

    def advance(self, clock: float) -> None:
        """Take the steps that come before the pods, then start and look after those."""
        self.prepare()
        if not self.steps:
            super().advance(clock)

    def prepare(self) -> None:
        """Take the steps that come before the pods, one after the other."""
        while self.steps and self.outcome is None:
            step = self.steps[0]
            if not step.pid:
                try:
                    step.start()
                except OSError as error:
                    said = f"preparing its {step.name} could not be started: {error.strerror}"
                    self.end("Failed", step.reason, said, by="failure", step=step.name)
                    return
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

    def end(
        self, outcome: str, reason: str | None, message: str | None, by: str, **more: object
    ) -> None:
        """Fix the outcome and ask every replica that still runs to end."""
        for step in self.steps:
            step.kill()
        super().end(outcome, reason, message, by, **more)

    def make(self, pod: Pod) -> LocalReplica:
        """Return the pod's next replica, with its log and its control group."""
        cap, use_cgroup = (self.launch[rule] for rule in ("logCap", "cgroups"))
        open_output = partial(Output, pod.plan["pod"], pod.attempt, cap, self.clock)
        return LocalReplica(pod.plan, pod.attempt, open_output, self.codes, use_cgroup=use_cgroup)

    def reap(self) -> None:
        """Take the exit codes of all children that have ended, adopted ones too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.codes[pid] = os.waitstatus_to_exitcode(status)
            if self.steps and pid == self.steps[0].pid:
                self.steps[0].exit_code = self.codes[pid]


def is_let_go() -> bool:
    """Whether nobody holds the other end of the standard input any more."""
    readable, _, _ = select.select([0], [], [], 0)
    return bool(readable) and not os.read(0, 1)


def leave_parent() -> None:
    """Go on as the child of nobody: Ray kills the children of its workers as those end.

    They could not end their own processes then.
    """
    if os.fork():
        os._exit(0)


def end_orphans() -> None:
    """Kill whatever hid so well that no replica could be told to own it, and wait for it."""
    while HAS_PROC:
        for process in orphans():
            send(process, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


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
    """Run the experiment whose files are in `directory`, unless that was begun before.

    On a leash, one that was begun by a supervisor that is gone is ended: nobody else would.
    """
    os.chdir(directory)
    facts = Appender("facts.jsonl")
    if not lock(facts):
        return
    is_begun = os.fstat(facts.descriptor).st_size > 0
    file = LaunchFile("launch.json")
    launch = file.news()
    if launch is None or (is_begun and not launch.get("leash")):
        return
    clock = Clock(launch.get("since", 0.0))
    journal = Journal(facts, clock)
    if is_begun:
        end_lost(launch, journal)
        return
    if launch.get("leash"):
        leave_parent()
    # Each replica takes some descriptors.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if HAS_PROC:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    Supervisor(file, launch, journal, clock).run()
