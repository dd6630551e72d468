"""One start of a pod: its main process, what that starts, and its log."""

from __future__ import annotations

import errno
import os
import signal

from ...run.output import CannotDrop, Output
from ...run.supervision import Replica
from .cgroup import Cgroup
from .processes import HAS_PROC, Process, memory_of, of_session, resident, send, start_of
from .signals import CHANGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, NoReturn

    from ...run.supervision import Fact

_MIB = 1024 * 1024
_THOROUGH = 5


class LocalReplica(Replica):
    """A pod that was started as a process of this machine.

    Parameters
    ----------
    open_output
        Opens its log.
    codes
        Where the exit codes of ended children are found, by pid.
    use_cgroup
        Whether to try for a control group.
    """

    output: Output

    def __init__(
        self,
        plan: dict[str, Any],
        attempt: int,
        open_output: Callable[[], Output],
        codes: Mapping[int, int],
        *,
        use_cgroup: bool,
    ) -> None:
        super().__init__(plan, attempt)
        self.pid = 0
        self.cgroup: Cgroup | None = None
        self._open_output = open_output
        self._codes = codes
        self._looks = 0
        self._kill_at: float | None = None
        self._limit: int | None = plan["memoryLimit"]
        self._use_cgroup = use_cgroup

    def start(self) -> tuple[str, str] | None:
        """Start the process; return None, or reason and sentence when it could not be.

        Raises
        ------
        OSError
            The system lacks something for it. It holds nothing then.
        """
        # Opened before what stays open: so there is room for as much to look after the others by.
        report, told = os.pipe()
        try:
            self._open_and_fork(told)
        except OSError:
            os.close(report)
            raise
        finally:
            os.close(told)
        # The pipe closes at exec, or brings the error: no replica ever holds it.
        said = os.read(report, 4096)
        os.close(report)
        if not said:
            return None
        os.waitpid(self.pid, 0)
        reason, _, sentence = said.decode("utf-8", "replace").partition(" ")
        self.output.say(sentence)
        return reason, sentence

    def identity(self) -> dict[str, object]:
        """Return its pid with its start, and its control group."""
        group = self.cgroup.path if self.cgroup else None
        return {"pid": self.pid, "start": start_of(self.pid), "cgroup": group}

    def poll(self) -> int | None:
        """Return the exit code of its main process; None while that runs."""
        code = self._codes.get(self.pid)
        if code:
            self.weigh(thoroughly=True)
        return code

    def look_after(self, clock: float) -> Iterator[Fact]:
        """Keep it to its limits, and close what has ended."""
        self._looks += 1
        self.end_overdue(clock)
        left_over = self.exited and self.signal(signal.SIGKILL)
        if not self.exited:
            self.weigh(thoroughly=self._looks % _THOROUGH == 0)
        self.output.note_growth()
        try:
            if self.output.keep_to_cap():
                yield "dropped", {"first": self.output.first}
        except CannotDrop as error:
            self.condemn("LogLimit", str(error))
        if self.exited and not left_over:
            yield "gone", {"size": self.output.size}
            self.close()

    def stop(self, by: str, kill_at: float) -> None:
        """Ask every process of the replica to end, and see to it at a time of `time.monotonic`."""
        self.stopped_by = by
        self._kill_at = kill_at
        self.signal(signal.SIGTERM, signal.SIGCONT)

    def hurry(self, kill_at: float) -> None:
        """Bring forward the time at which it is killed."""
        if self._kill_at is not None:
            self._kill_at = min(self._kill_at, kill_at)

    def condemn(self, reason: str, sentence: str) -> None:
        """Kill it at once, for a reason that is to be told."""
        if self.verdict is None:
            self.verdict = (reason, sentence)
            self.output.say(sentence)
        self._kill_at = 0

    def end_overdue(self, clock: float) -> None:
        """Kill it if its time is over."""
        if self._kill_at is not None and clock >= self._kill_at:
            self.signal(signal.SIGKILL)

    def signal(self, *numbers: int) -> bool:
        """Send signals to all its processes; return whether there was any to send them to."""
        processes = list(self._processes())
        for number in numbers:
            for process in processes:
                send(process, number)
        return bool(processes)

    def weigh(self, *, thoroughly: bool) -> None:
        """Condemn it when it took more memory than it may.

        Parameters
        ----------
        thoroughly
            Look at all its processes instead of the main one alone, which costs more.
        """
        if self._limit is None or self.verdict is not None:
            return
        if self.cgroup is not None:
            # The kernel may have killed one process of several: the others are of no use then.
            if thoroughly and self.cgroup.has_killed():
                self.condemn("OOMKilled", f"asked for memory, {self._more}")
            return
        taken = memory_of(self.pid) if thoroughly else resident(self.pid)
        if taken > self._limit:
            self.condemn("OOMKilled", f"took {taken // _MIB} MiB of memory, {self._more}")

    def close(self) -> None:
        """Be gone: nobody writes the files any more."""
        self.gone = True
        self.output.close()
        if self.cgroup is not None:
            self.cgroup.remove()

    @property
    def _more(self) -> str:
        limit = (self._limit or 0) // _MIB
        return f"more than its limit of {limit} MiB; give it more in its resources"

    def _processes(self) -> Iterator[Process]:
        if self.cgroup is not None:
            return self.cgroup.processes()
        if HAS_PROC:
            return of_session(self.pid, f"SUBMARINE_POD_NAME={self.name}".encode())
        # Elsewhere the process group is all there is to know.
        return iter(() if self.exited else (Process(-self.pid, ""),))

    def _open_and_fork(self, told: int) -> None:
        self.output = self._open_output()
        if self._limit is not None and self._use_cgroup:
            self.cgroup = Cgroup.make(f"submarine-{self.name}-{self.attempt}", self._limit)
        try:
            self.pid = os.fork()
        except OSError:
            self.close()
            raise
        if self.pid == 0:
            self._become(told)

    def _become(self, told: int) -> NoReturn:
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in CHANGED:
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(self.output.descriptor, 1)
            os.dup2(self.output.descriptor, 2)
            os.umask(self.plan["umask"])
            _be_nice(self.plan["nice"])
            if self.cgroup is not None:
                self.cgroup.enter()
            self._enter_and_run(told)
        except OSError as error:
            os.write(told, f"StartFailed could not be started: {error.strerror}".encode())
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


def _be_nice(nice: int) -> None:
    os.nice(nice)
    # Linux may share the processor among sessions first, and this is a session of its own.
    try:
        with open("/proc/self/autogroup", "r+") as file:
            file.write(str(nice))
    except OSError:
        pass
