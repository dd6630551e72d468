"""Logs of pods, read as they grow."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path

from ...logs import LineSplitter
from ...logs.lines import Lines

_CHUNK = 256 * 1024
_PARTIAL = 4 * 1024
_PARTIAL_EVERY = 0.15
_MARK = 64


class Change(Enum):
    """What somebody has done to a log."""

    CUT = "cut"
    GONE = "gone"


class PodTail:
    """Reads the log of one start of a pod as it grows.

    Attributes
    ----------
    newest
        The last start of the pod that is known. When it is another one, this log is final.
    first
        Offset of the oldest byte of the log that is kept, as far as is known.
    path
        The file.
    """

    def __init__(self, path: Path, pod: str, attempt: int, offset: int) -> None:
        self.pod = pod
        self.attempt = attempt
        self.newest = attempt
        self.first = 0
        self.path = path
        self._descriptor: int | None = None
        self._splitter = LineSplitter(offset)
        self._read_to = offset
        self._mark = b""  # what was read last: it has to be there still
        self._is_gone = False
        self._line = offset
        self._partial_since: float | None = None  # of the line that begins there
        self._told = ""
        self._told_at = 0.0

    @property
    def offset(self) -> int:
        """Byte offset up to which lines were given out."""
        return self._splitter.offset

    def read(self, limit: int | None = None) -> list[Lines]:
        """Return the lines that one further chunk of the log completes.

        Parameters
        ----------
        limit
            Offset beyond which nothing is read.
        """
        chunk = self._chunk(_CHUNK if limit is None else min(_CHUNK, limit - self._read_to))
        self._read_to += len(chunk)
        self._mark = (self._mark + chunk[-_MARK:])[-_MARK:]
        return self._splitter.feed(chunk) if chunk else []

    def change(self) -> Change | None:
        """Return what somebody has done to the log since the last time.

        Of one that is gone the rest is read all the same, by who has it open; that is told once.
        """
        descriptor = self._open()
        if descriptor is None:
            return self._told_gone() if self._read_to else None
        status = os.fstat(descriptor)
        if status.st_size < self._read_to or not self._holds_mark(descriptor):
            return Change.CUT
        try:
            is_there = os.path.samestat(status, self.path.stat())
        except FileNotFoundError:
            is_there = False
        return None if is_there else self._told_gone()

    def begin_anew(self) -> None:
        """Read the log from its beginning."""
        self._splitter = LineSplitter(0)
        self._read_to = 0
        self._mark = b""
        self._begin_line(0)

    def finish(self) -> list[Lines]:
        """Return the last line when the log ended without a newline."""
        return self._splitter.finish()

    @property
    def at_end(self) -> bool:
        """Whether everything that is in the file now was read."""
        descriptor = self._open()
        return descriptor is None or os.fstat(descriptor).st_size <= self._read_to

    @property
    def is_read(self) -> bool:
        """Whether everything was read that the pod has written by now, in all its starts."""
        return self.newest == self.attempt and self.at_end

    @property
    def has_successor(self) -> bool:
        """Whether there is nothing more to read, and a later start of the pod."""
        return self.newest > self.attempt and self.at_end

    def new_partial(self, now: float) -> str | None:
        """Return what the unfinished line shows now, when that is new and due.

        A line whose end is written right after it is never told in part.
        """
        if self._line != self.offset:
            self._begin_line(self.offset)
        shown = self._shown
        if shown == self._told:
            return None
        if self._partial_since is None:
            self._partial_since = now
        if now - max(self._told_at, self._partial_since) < _PARTIAL_EVERY:
            return None
        self._told, self._told_at = shown, now
        return shown

    @property
    def has_partial(self) -> bool:
        """Whether the unfinished line shows something that was not told yet."""
        return self._shown != self._told

    @property
    def _shown(self) -> str:
        # What a carriage return has overwritten is not shown.
        return self._splitter.partial.rstrip("\r").rpartition("\r")[2][-_PARTIAL:]

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _begin_line(self, offset: int) -> None:
        self._line, self._partial_since, self._told = offset, None, ""

    def _open(self) -> int | None:
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self.path, os.O_RDONLY)
            except FileNotFoundError:
                return None
        return self._descriptor

    def _told_gone(self) -> Change | None:
        was_gone, self._is_gone = self._is_gone, True
        return None if was_gone else Change.GONE

    def _holds_mark(self, descriptor: int) -> bool:
        found = os.pread(descriptor, len(self._mark), self._read_to - len(self._mark))
        # Of a log whose oldest part is dropped, zeros stay.
        return found == self._mark or not found.strip(b"\0")

    def _chunk(self, size: int) -> bytes:
        descriptor = self._open()
        if descriptor is None or size <= 0:
            return b""
        chunk = os.pread(descriptor, size, self._read_to)
        if chunk.startswith(b"\0") and self._skip_hole(descriptor):
            return os.pread(descriptor, size, self._read_to)
        return chunk

    def _skip_hole(self, descriptor: int) -> bool:
        """Go on where the log goes on whose oldest part was dropped; return whether it was."""
        try:
            data = os.lseek(descriptor, self._read_to, os.SEEK_DATA)
        except OSError:  # there is none any more
            return False
        data = max(data, self.first)
        if data == self._read_to:
            return False
        self._read_to = data
        self._mark = b""
        self._splitter = LineSplitter(data)
        return True


def tail_offset(path: Path, lines: int, first: int = 0) -> int:
    """Return the byte offset at which the last `lines` lines of a file begin.

    Parameters
    ----------
    first
        Offset of the first line that is looked at.
    """
    try:
        with path.open("rb") as file:
            position = file.seek(0, os.SEEK_END)
            # The newline that ends the last line begins no line.
            wanted = lines + 1
            while position > first:
                start = max(first, position - _CHUNK)
                file.seek(start)
                block = file.read(position - start)
                found = block.count(b"\n")
                if found >= wanted:
                    edge = len(block)
                    for _ in range(wanted):
                        edge = block.rindex(b"\n", 0, edge)
                    return start + edge + 1
                wanted -= found
                position = start
    except FileNotFoundError:
        pass
    return first
