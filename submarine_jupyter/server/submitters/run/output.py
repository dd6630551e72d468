"""The log of one start of a pod: its growth in time, and its cap."""

from __future__ import annotations

import ctypes
import os
import sys

from .journal import Appender, Clock, open_to_append

_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02
# Dropping an eighth of the cap at a time makes it rare.
_DROP = 8
_LONGEST_SEARCH = 64 * 1024


class CannotDrop(Exception):
    """The file system keeps every byte, so a log cannot lose its oldest part.

    Its text is what to say of the replica.
    """

    def __init__(self, cap: int) -> None:
        super().__init__(
            f"wrote more than the {cap} bytes of log that are kept, and this file system cannot "
            "drop the oldest of them; print less, or give the server a larger --log-cap"
        )


class Output:
    """A log, the index of its growth, and its cap.

    Parameters
    ----------
    run
        The experiment's directory; the current one by default.

    Attributes
    ----------
    size
        Length of the log when it was last looked at.
    first
        Offset of the oldest byte that is still there.
    """

    def __init__(self, pod: str, attempt: int, cap: int, clock: Clock, run: str = "") -> None:
        directory = os.path.join(run, "pods", pod)
        os.makedirs(directory, 0o700, exist_ok=True)
        base = os.path.join(directory, str(attempt))
        self.descriptor = open_to_append(base + ".log")
        try:
            self._index = Appender(base + ".idx")
        except OSError:
            os.close(self.descriptor)
            raise
        self._clock = clock
        self._cap = cap
        self.size = 0
        self.first = 0

    def say(self, text: str) -> None:
        """Add a line of our own; what does not fit on the disk is left out."""
        try:
            os.write(self.descriptor, f"submarine: {text}\n".encode())
        except OSError:
            pass

    def note_growth(self) -> None:
        """Put the log's length and the time into the index, if it has grown."""
        self._index.catch_up()
        size = os.fstat(self.descriptor).st_size
        if size == self.size:
            return
        self.size = size
        if not self._index.is_behind:
            entry = size.to_bytes(8, "little") + int(self._clock.now() * 1000).to_bytes(8, "little")
            self._index.append(entry)

    def keep_to_cap(self) -> bool:
        """Drop the oldest lines of a log above its cap; return whether that was done.

        Offsets stay as they are: the room is given back, and what was there reads as zeros.

        Raises
        ------
        CannotDrop
            The file system has no holes.
        """
        if self.size - self.first <= self._cap:
            return False
        if not sys.platform.startswith("linux"):
            raise CannotDrop(self._cap)
        # Somebody may have removed the log or moved it: what is written goes on all the same.
        path = f"/proc/self/fd/{self.descriptor}"
        first = _next_line(path, self.size - self._cap + self._cap // _DROP)
        # From the beginning: a page that was lost in parts is to become a hole as well.
        if not _punch(path, first):
            raise CannotDrop(self._cap)
        self.first = first
        return True

    def close(self) -> None:
        """Close the files."""
        os.close(self.descriptor)
        self._index.close()


def _next_line(path: str, offset: int) -> int:
    with open(path, "rb") as file:
        file.seek(offset)
        newline = file.read(_LONGEST_SEARCH).find(b"\n")
    return offset + newline + 1


def _punch(path: str, length: int) -> bool:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        where = (ctypes.c_long(0), ctypes.c_long(length))
        return bool(libc.fallocate(descriptor, _KEEP_SIZE_PUNCH_HOLE, *where) == 0)
    finally:
        os.close(descriptor)
