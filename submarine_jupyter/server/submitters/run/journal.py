"""Appends to the files of a run, also when the disk is full for a while."""

from __future__ import annotations

import errno
import json
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1
_FULL = (errno.ENOSPC, errno.EDQUOT)
_HAS_BOOT_TIME = hasattr(time, "CLOCK_BOOTTIME")


class Clock:
    """The time of day as it was when this began, going on steadily.

    Somebody may set the machine's clock while a run goes on: its times stay in order all the same.

    Parameters
    ----------
    since
        It begins with this time at the earliest: that of what has happened before.
    """

    def __init__(self, since: float = 0.0) -> None:
        self._start = max(time.time(), since) - steady()

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._start + steady()


def steady() -> float:
    """Return seconds that only ever go on, while the machine sleeps too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if _HAS_BOOT_TIME else time.monotonic()


class Appender:
    """A file that is only ever appended to; what finds no room waits for it in memory."""

    def __init__(self, path: str) -> None:
        self.descriptor = open_to_append(path)
        self._waiting = b""

    @property
    def is_behind(self) -> bool:
        """Whether something still waits for room on the disk."""
        return bool(self._waiting)

    def append(self, data: bytes) -> None:
        """Write `data`, now or once there is room."""
        self._waiting += data
        self.catch_up()

    def catch_up(self) -> None:
        """Write what waits, as far as there is room."""
        while self._waiting:
            try:
                written = os.write(self.descriptor, self._waiting)
            except OSError as error:
                if error.errno in _FULL:
                    return
                raise
            self._waiting = self._waiting[written:]

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


class Journal:
    """What happened in a run, a line of JSON each."""

    def __init__(self, facts: Appender, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock

    def note(self, fact: str, **fields: object) -> None:
        """Append a fact."""
        line = json.dumps({"v": FORMAT, "fact": fact, "time": self._clock.now(), **fields})
        self._facts.append(line.encode() + b"\n")

    def end_line(self) -> None:
        """End whatever line somebody was killed in who wrote here before."""
        self._facts.append(b"\n")

    def catch_up(self) -> None:
        """Write what waited for room."""
        self._facts.catch_up()

    def finish(self) -> None:
        """Return once everything is safely on the disk, however long that has no room."""
        while self._facts.is_behind:
            time.sleep(1)
            self._facts.catch_up()
        os.fsync(self._facts.descriptor)

    def close(self) -> None:
        """Close the file; nothing is noted any more."""
        self._facts.close()


def read_fact(line: bytes) -> dict[str, Any] | None:
    """Return a fact, or None for a line that a crash or a full disk cut short."""
    try:
        fact: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return fact if fact.get("v") == FORMAT else None


def open_to_append(path: str) -> int:
    """Open a file for its owner alone, to append to."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
