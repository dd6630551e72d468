"""The processes of a replica: finding them, signalling them, weighing them."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HAS_PROC = sys.platform.startswith("linux")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process:
    """A process: the same pid with another start is another process."""

    __slots__ = ("pid", "start")

    def __init__(self, pid: int, start: str) -> None:
        self.pid = pid
        self.start = start


def start_of(pid: int) -> str | None:
    """Return when a process started, as `submarine_jupyter.processes.start_of` does."""
    stat = _stat(pid)
    return stat[19].decode() if stat else None


def boot_id() -> str | None:
    """Return the id of this boot; None where there is no /proc."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return None


def identified(pids: Iterable[int]) -> Iterator[Process]:
    """Yield those of the processes that still run."""
    for pid in pids:
        start = start_of(pid)
        if start is not None:
            yield Process(pid, start)


def send(process: Process, number: int) -> None:
    """Send a signal to that very process; none if another has its pid by now.

    A negative pid is a process group, whose leader the caller has not waited for yet.
    """
    pid = process.pid
    handle = -1
    try:
        if pid > 0:
            handle = _handle_of(pid)
        if pid > 0 and start_of(pid) != process.start:
            return
        if handle >= 0:
            signal.pidfd_send_signal(handle, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
    finally:
        if handle >= 0:
            os.close(handle)


def _handle_of(pid: int) -> int:
    """Return a descriptor of a process; -1 where there is none to have.

    The kernel may be older than the interpreter, and a sandbox may forbid them.
    """
    if not hasattr(os, "pidfd_open"):
        return -1
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:
        return -1


def of_session(session: int, mark: bytes) -> Iterator[Process]:
    """Yield the processes of a replica: its session, and what has left that.

    Parameters
    ----------
    session
        The pid of the replica's main process, which leads its session.
    mark
        What its environment carries (`NAME=value`), as all it starts does unless it hides.
    """
    parents: dict[int, int] = {}
    sessions: list[tuple[Process, int]] = []
    for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        stat = _stat(pid)
        if stat is not None:
            parents[pid] = int(stat[1])
            sessions.append((Process(pid, stat[19].decode()), int(stat[3])))
    for process, its_session in sessions:
        # A session whose leader is gone could be a stranger's by now: he is not below us.
        if _is_ours(process.pid, parents) and (
            its_session == session or _carries(process.pid, mark)
        ):
            yield process


def carriers(mark: bytes) -> Iterator[Process]:
    """Return every process whose environment carries a mark (`NAME=value`)."""
    pids = (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
    return identified(pid for pid in pids if _carries(pid, mark))


def orphans() -> Iterator[Process]:
    """Yield every process below this one."""
    return identified(_below(os.getpid()))


def memory_of(pid: int) -> int:
    """Return the bytes of memory that a process and those below it take.

    Pages they share are counted once, when counting them for each comes out different.
    """
    pids = [pid, *_below(pid)]
    return sum(_proportional(pid) for pid in pids) if len(pids) > 1 else resident(pid)


def resident(pid: int) -> int:
    """Return the bytes of a process that are in memory; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            sizes = [line.split() for line in file if line.startswith((b"Pss:", b"SwapPss:"))]
            return sum(int(size[1]) for size in sizes) * 1024
    except OSError:
        return 0


def _below(pid: int) -> Iterator[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children = file.read().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _below(child)


def _stat(pid: int) -> list[bytes] | None:
    """Return the fields of a process from its state on; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else fields


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def _carries(pid: int, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark in file.read().split(b"\0")
    except OSError:
        return False
