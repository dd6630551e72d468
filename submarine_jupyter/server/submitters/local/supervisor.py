"""Runs one experiment's replicas, independent of the server that started it.

Started by file path as `python -S -I supervisor.py DIRECTORY`, so that it stays small: it imports
the standard library alone, and little of that. The files in DIRECTORY are a contract (`files.py`):

`launch.json`            read: what to run
`stop.json`              read when it appears: why to stop, and the grace in seconds
`facts.jsonl`            written: what happened, a line of JSON each, appended
`pods/<pod>/<n>.log`     written by the replicas themselves: no one stands between
`pods/<pod>/<n>.idx`     written: (offset, milliseconds since 1970) of the log's growth, two
                         little-endian 64-bit numbers each
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import select
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

TICK = 0.1
FORMAT = 1
_PR_SET_CHILD_SUBREAPER = 36
_HAS_PROC = sys.platform.startswith("linux")


class Replica:
    """One pod: its process, its log, and how far it has come."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.name: str = plan["pod"]
        self.attempt: int = plan["attempt"]
        self.pid = 0
        self.exit_code: int | None = None  # negative: the signal that ended it
        self.stopped_by: str | None = None
        self.gone = False
        self.indexed = 0
        directory = os.path.join("pods", self.name)
        os.makedirs(directory, 0o700, exist_ok=True)
        base = os.path.join(directory, str(self.attempt))
        self.log = _open_to_append(base + ".log")
        self.index = _open_to_append(base + ".idx")

    @property
    def exited(self) -> bool:
        """Whether its main process has ended."""
        return self.exit_code is not None

    def start(self) -> str | None:
        """Start the process; return None, or `<reason> <sentence>` when it could not be."""
        report, told = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(told)
        os.close(told)
        # The pipe closes at exec, or brings the error: no replica ever holds it.
        said = os.read(report, 4096)
        os.close(report)
        return said.decode("utf-8", "replace") or None

    def _become(self, told: int) -> NoReturn:
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(self.log, 1)
            os.dup2(self.log, 2)
            os.umask(self.plan["umask"])
            self._enter_and_run(told)
        finally:
            os._exit(127)

    def _enter_and_run(self, told: int) -> None:
        command: str = self.plan["argv"][0]
        try:
            os.chdir(self.plan["cwd"])
        except OSError as error:
            text = f"cannot enter the directory {self.plan['cwd']}: {error.strerror}"
            os.write(told, f"WorkdirNotFound {text}".encode())
            return
        try:
            os.execvpe(command, self.plan["argv"], self.plan["env"])
        except OSError as error:
            missing = error.errno in (errno.ENOENT, errno.EACCES, errno.ENOTDIR)
            reason = "CommandNotFound" if missing else "Error"
            os.write(told, f"{reason} cannot run {command!r}: {error.strerror}".encode())

    def note_growth(self, now: float) -> None:
        """Put the log's length and the time into the index, if it has grown."""
        size = os.fstat(self.log).st_size
        if size != self.indexed:
            self.indexed = size
            entry = size.to_bytes(8, "little") + int(now * 1000).to_bytes(8, "little")
            _write(self.index, entry)

    def signal(self, number: int) -> None:
        """Send a signal to the replica's process group, if it is there."""
        if self.pid == 0:
            return
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def close(self) -> None:
        """Be gone: nobody writes the files any more."""
        self.gone = True
        os.close(self.log)
        os.close(self.index)


class Supervisor:
    """Starts the replicas, waits for them, and ends the run by the launch's rule."""

    def __init__(self, launch: dict[str, Any], facts: int) -> None:
        self.facts = facts
        self.deciding = set(launch["deciding"])
        self.servants = set(launch["servants"])
        self.drain: float = launch["drain"]
        self.grace: float = launch["grace"]
        self.replicas = [Replica(plan) for plan in launch["pods"]]
        self.outcome: dict[str, object] | None = None
        self.drain_until: float | None = None
        self.kill_at: float | None = None
        self.terminated = False

    def run(self) -> None:
        """Run the experiment to its end."""
        woken = self.listen()
        self.note("supervisor", pid=os.getpid(), start=start_of(os.getpid()), boot=boot_id())
        for replica in self.replicas:
            if self.outcome is None:
                self.start(replica)
            else:
                # One before it could not start: this one never will.
                replica.close()
        while not all(replica.gone for replica in self.replicas):
            select.select([woken], [], [], TICK)
            try:
                os.read(woken, 4096)
            except BlockingIOError:
                pass
            self.tick(time.time(), time.monotonic())
        self.note("end", **(self.outcome or {}))
        os.fsync(self.facts)

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

    def start(self, replica: Replica) -> None:
        """Start a replica; a command that cannot run is an exit with 127, told in its log."""
        refusal = replica.start()
        identity = {"pod": replica.name, "attempt": replica.attempt}
        if refusal is None:
            self.note("start", **identity, pid=replica.pid, start=start_of(replica.pid))
            return
        reason, _, message = refusal.partition(" ")
        _write(replica.log, f"submarine: {message}\n".encode())
        os.waitpid(replica.pid, 0)
        self.exited(replica, 127, reason, message)

    def tick(self, now: float, clock: float) -> None:
        """Take in what has happened and act on it."""
        self.reap()
        self.decide(clock)
        mains = {replica.pid for replica in self.replicas if not replica.exited}
        for replica in self.replicas:
            if replica.gone:
                continue
            left_over = replica.exited and kill_strays(replica, mains)
            replica.note_growth(now)
            if replica.exited and not left_over:
                self.note("gone", pod=replica.name, attempt=replica.attempt, size=replica.indexed)
                replica.close()

    def reap(self) -> None:
        """Take the exit codes of all children that have ended, adopted ones too."""
        by_pid = {replica.pid: replica for replica in self.replicas if not replica.exited}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                self.exited(by_pid[pid], os.waitstatus_to_exitcode(status))

    def exited(
        self, replica: Replica, code: int, reason: str | None = None, message: str | None = None
    ) -> None:
        """Note an exit; one that nobody asked for and that is not 0 fails the run."""
        replica.exit_code = code
        self.note(
            "exit",
            pod=replica.name,
            attempt=replica.attempt,
            code=code,
            by=replica.stopped_by,
            reason=reason,
            message=message,
        )
        if code != 0 and self.outcome is None:
            cause = reason or ("Signal" if code < 0 else "Error")
            self.end("Failed", cause, message, by="failure", pod=replica.name, code=code)

    def decide(self, clock: float) -> None:
        """End the run when it is to be ended, and kill what outlives the grace."""
        request = read_request()
        if self.outcome is None:
            if request is not None:
                self.end("Failed", request["reason"], request.get("message"), by="stop")
            elif self.terminated:
                text = "its supervisor was told to end"
                self.end("Failed", "Interrupted", text, by="interrupt")
            elif self.is_complete(clock):
                self.end("Succeeded", None, None, by="policy")
        if self.kill_at is None:
            return
        if request is not None:
            self.kill_at = min(self.kill_at, clock + request["grace"])
        if clock >= self.kill_at:
            for replica in self.replicas:
                if not replica.exited:
                    replica.signal(signal.SIGKILL)

    def is_complete(self, clock: float) -> bool:
        """Whether the deciding replicas have succeeded and the other workers had their time."""
        if any(r.exit_code != 0 for r in self.replicas if r.name in self.deciding):
            return False
        if self.drain_until is None:
            self.drain_until = clock + self.drain
        working = any(not r.exited for r in self.replicas if r.name not in self.servants)
        return not working or clock >= self.drain_until

    def end(
        self, outcome: str, reason: str | None, message: str | None, by: str, **more: object
    ) -> None:
        """Fix the outcome and ask every replica that still runs to end."""
        self.outcome = {"outcome": outcome, "reason": reason, "message": message, **more}
        self.kill_at = time.monotonic() + self.grace
        for replica in self.replicas:
            if not replica.exited:
                replica.stopped_by = by
                replica.signal(signal.SIGTERM)
                replica.signal(signal.SIGCONT)

    def note(self, fact: str, **fields: object) -> None:
        """Append a fact."""
        line = json.dumps({"v": FORMAT, "fact": fact, "time": time.time(), **fields})
        _write(self.facts, line.encode() + b"\n")


def read_request() -> dict[str, Any] | None:
    """Return the server's request to stop, or None."""
    try:
        with open("stop.json") as file:
            request: dict[str, Any] = json.load(file)
            return request
    except (OSError, ValueError):
        return None


def start_of(pid: int) -> str | None:
    """Return when a process started, as `submarine_jupyter.processes.start_of` does."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except OSError:
        return None


def boot_id() -> str | None:
    """Return the id of this boot; None where there is no /proc."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return None


def kill_strays(replica: Replica, mains: set[int]) -> bool:
    """Kill what a replica that has exited left behind; return whether anything was there."""
    if not _HAS_PROC:
        replica.signal(signal.SIGKILL)
        return False
    found = False
    for pid in _strays(replica, mains):
        found = True
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return found


def _strays(replica: Replica, mains: set[int]) -> Iterator[int]:
    """Yield the replica's processes that still run: its session, and what left that session.

    Whatever double-forked away hangs under this supervisor, the subreaper, and still carries the
    pod's name in its environment.
    """
    mark = b"SUBMARINE_POD_NAME=" + replica.name.encode() + b"\0"
    parents: dict[int, int] = {}
    for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                state, parent, _, session = file.read().rpartition(b")")[2].split()[:4]
        except OSError:
            continue
        if state in (b"Z", b"X") or pid in mains:
            continue
        if int(session) == replica.pid:
            yield pid
        else:
            parents[pid] = int(parent)
    for pid in parents:
        if _is_ours(pid, parents) and _carries(pid, mark):
            yield pid


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def _carries(pid: int, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark in file.read() + b"\0"
    except OSError:
        return False


def _open_to_append(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _write(descriptor: int, data: bytes) -> None:
    """Write all of `data`; on a full disk wait for room rather than lose a fact."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            time.sleep(1)


def main(directory: str) -> None:
    """Run the experiment whose files are in `directory`, unless that was begun before."""
    os.chdir(directory)
    facts = _open_to_append("facts.jsonl")
    try:
        fcntl.flock(facts, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if os.fstat(facts).st_size:
        return
    # Each replica takes two descriptors.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if _HAS_PROC:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with open("launch.json") as file:
        launch = json.load(file)
    Supervisor(launch, facts).run()


if __name__ == "__main__":
    main(sys.argv[1])
