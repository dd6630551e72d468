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


class Version2:
    """The names of a group's files in the unified hierarchy."""

    LIMIT = "memory.max"
    KILLS = "memory.events"
    ENTRANCE = "cgroup.procs"


class Version1:
    """The names of a group's files in the hierarchy of the memory controller."""

    LIMIT = "memory.limit_in_bytes"
    KILLS = "memory.oom_control"
    # A thread that moves itself waits for nobody; a process waits for the whole machine, 10 ms.
    ENTRANCE = "tasks"


class Cgroup:
    """The control group of one replica.

    Attributes
    ----------
    path
        Its directory.
    """

    def __init__(self, path: str, version: type[Version1 | Version2]) -> None:
        self.path = path
        self._version = version

    @classmethod
    def make(cls, name: str, limit: int) -> Cgroup | None:
        """Return a new group of at most `limit` bytes of memory; None where that cannot be."""
        for parent, version in _parents():
            group = cls(os.path.join(parent, name), version)
            try:
                os.mkdir(group.path)
            except OSError:
                continue
            try:
                group._write(version.LIMIT, str(limit))
            except OSError:
                group.remove()
                continue
            return group
        return None

    @classmethod
    def known(cls, path: str) -> Cgroup:
        """Return a group that was made before."""
        is_2 = os.path.exists(os.path.join(path, Version2.LIMIT))
        return cls(path, Version2 if is_2 else Version1)

    def enter(self) -> None:
        """Move the calling process, which has one thread, into the group."""
        self._write(self._version.ENTRANCE, "0")

    def processes(self) -> Iterator[Process]:
        """Yield the processes in the group."""
        return identified(int(line) for line in self._read("cgroup.procs").split())

    def has_killed(self) -> bool:
        """Whether the kernel has killed a process of the group for its memory."""
        for line in self._read(self._version.KILLS).splitlines():
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


def _parents() -> Iterator[tuple[str, type[Version1 | Version2]]]:
    """Yield the directories in which a group could be made."""
    try:
        with open("/proc/self/cgroup") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return
    version: type[Version1 | Version2]
    for _, controllers, path in lines:
        if not controllers:
            kind, version = "", Version2
        elif "memory" in controllers.split(","):
            kind, version = "memory", Version1
        else:
            continue
        # Within a container the path may be one of the host's, and our own is the root.
        for parent in (os.path.join(_ROOT, kind, path.lstrip("/")), os.path.join(_ROOT, kind)):
            if os.path.exists(os.path.join(parent, "cgroup.procs")):
                yield parent, version
