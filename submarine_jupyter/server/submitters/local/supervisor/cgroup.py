"""A control group of its own for a replica, where this user may make one.

The kernel then holds the memory limit to the byte, says whether it killed for it, and knows every
process of the replica, wherever that has gone.
"""

from __future__ import annotations

import os

from .processes import Process, identified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = "/sys/fs/cgroup"


class Cgroup:
    """The control group of one replica."""

    def __init__(self, path: str, limit_file: str, events_file: str) -> None:
        self.path = path
        self._limit_file = limit_file
        self._events_file = events_file

    @classmethod
    def make(cls, name: str, limit: int) -> Cgroup | None:
        """Return a new group of at most `limit` bytes of memory; None where that cannot be."""
        for parent, limit_file, events_file in _parents():
            group = cls(os.path.join(parent, name), limit_file, events_file)
            try:
                os.mkdir(group.path)
            except OSError:
                continue
            try:
                group._write(limit_file, str(limit))
            except OSError:
                group.remove()
                continue
            return group
        return None

    def enter(self) -> None:
        """Move the calling process into the group."""
        self._write("cgroup.procs", str(os.getpid()))

    def processes(self) -> Iterator[Process]:
        """Yield the processes in the group."""
        return identified(int(line) for line in self._read("cgroup.procs").split())

    def has_killed(self) -> bool:
        """Whether the kernel has killed a process of the group for its memory."""
        for line in self._read(self._events_file).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count) > 0
        return False

    def remove(self) -> None:
        """Remove the group, which must be empty."""
        try:
            os.rmdir(self.path)
        except OSError:
            pass

    def _read(self, name: str) -> str:
        try:
            with open(os.path.join(self.path, name)) as file:
                return file.read()
        except OSError:
            return ""

    def _write(self, name: str, text: str) -> None:
        # Not "w": what is no file of the kernel's must not become one of ours.
        with open(os.path.join(self.path, name), "r+") as file:
            file.write(text)


def _parents() -> Iterator[tuple[str, str, str]]:
    """Yield where a group could be made: directory, file of the limit, file of the kills."""
    try:
        with open("/proc/self/cgroup") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return
    for _, controllers, path in lines:
        if not controllers:
            kind, names = "", ("memory.max", "memory.events")
        elif "memory" in controllers.split(","):
            kind, names = "memory", ("memory.limit_in_bytes", "memory.oom_control")
        else:
            continue
        # Within a container the path may be one of the host's, and our own is the root.
        for parent in (os.path.join(_ROOT, kind, path.lstrip("/")), os.path.join(_ROOT, kind)):
            if os.path.exists(os.path.join(parent, "cgroup.procs")):
                yield (parent, *names)
