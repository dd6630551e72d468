"""Who a process is: pids come again, so a pid counts only together with boot and start time."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import psutil

_OWN = frozenset({"JUPYTER_TOKEN", "MPLBACKEND"})
_OWN_PREFIXES = ("JPY_", "JUPYTERHUB_", "SUBMARINE_")


@cache
def boot_id() -> str:
    """Return what tells this boot of the machine from any other."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"boot-{int(psutil.boot_time())}"


def start_of(pid: int) -> str | None:
    """Return when a process started, in a form that only compares; None when there is none.

    On Linux it is the kernel's tick count, which no change of the clock can move.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return _start_without_proc(pid)
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in {b"Z", b"X"} else fields[19].decode()


def _start_without_proc(pid: int) -> str | None:
    if Path("/proc/self/stat").exists():
        return None
    try:
        process = psutil.Process(pid)
        running = process.status() != psutil.STATUS_ZOMBIE
        return str(process.create_time()) if running else None
    except psutil.Error:
        return None


def is_alive(pid: int, boot: str, start: str) -> bool:
    """Whether the process that was recorded as (pid, boot, start) still runs."""
    return boot == boot_id() and start == start_of(pid) is not None


def inheritable_environment() -> dict[str, str]:
    """Return the environment without what belongs to this process alone.

    A server outlives the kernel that starts it, and a run outlives the server: neither may carry
    on its starter's tokens, its place among Jupyter's processes, or its inline plots.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _OWN and not name.startswith(_OWN_PREFIXES)
    }


def host_id() -> str:
    """Return a hash that is equal for two processes of one user on one boot of one machine."""
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return hashlib.sha256(f"{boot_id()}:{user}".encode()).hexdigest()[:16]
