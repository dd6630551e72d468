"""Where the lines of a log begin, without holding the log: newlines counted up to every 64 KiB.

An index grows as far into its log as somebody has asked. It is kept in memory alone: it takes a
part in 8,192 of its log, and a new server counts again.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from pathlib import Path

_BLOCK = 64 * 1024


class LineIndex:
    """The newlines of one log, which only grows.

    Several threads may ask at once. Each brings a descriptor of the log, since it is counted when
    somebody asks.

    Attributes
    ----------
    first
        Offset of the first byte that is kept: lines are counted from there.
    """

    def __init__(self, first: int) -> None:
        self.first = first
        self._counted_to = first
        self._newlines = 0
        self._before_block = array("Q", [0])
        self._lock = threading.Lock()

    @property
    def counted_to(self) -> int:
        """Offset up to which newlines were counted."""
        return self._counted_to

    def count_to(self, descriptor: int, offset: int) -> None:
        """Count up to an offset at least."""
        with self._lock:
            while self._counted_to < offset and self._count(descriptor, offset):
                pass

    def newlines_before(self, descriptor: int, offset: int) -> int:
        """Return how many newlines there are before an offset."""
        self.count_to(descriptor, offset)
        with self._lock:
            # A log that was cut short meanwhile has fewer blocks than the offset says.
            block = min((offset - self.first) // _BLOCK, len(self._before_block) - 1)
            before = self._before_block[block]
        start = self.first + block * _BLOCK
        return before + os.pread(descriptor, min(_BLOCK, offset - start), start).count(b"\n")

    def offset_after(self, descriptor: int, newlines: int, end: int) -> int:
        """Return the offset after so many newlines, or `end` when there are fewer before it."""
        if newlines <= 0:
            return self.first
        with self._lock:
            while self._newlines < newlines and self._count(descriptor, end):
                pass
            block = bisect_left(self._before_block, newlines) - 1
            wanted = newlines - self._before_block[block]
        start = self.first + block * _BLOCK
        data = os.pread(descriptor, max(0, min(_BLOCK, end - start)), start)
        parts = data.split(b"\n", wanted)
        return start + len(data) - len(parts[-1]) if len(parts) > wanted else end

    def _count(self, descriptor: int, end: int) -> bool:
        """Count up to `end`, or to the next border; return whether there was anything."""
        room = _BLOCK - (self._counted_to - self.first) % _BLOCK
        size = min(room, end - self._counted_to)
        data = os.pread(descriptor, size, self._counted_to) if size > 0 else b""
        self._newlines += data.count(b"\n")
        self._counted_to += len(data)
        if len(data) == room:
            self._before_block.append(self._newlines)
        return len(data) > 0


class LogIndexes:
    """The indexes of the logs that were looked at last.

    Parameters
    ----------
    most
        How many are kept.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._indexes: OrderedDict[Path, tuple[tuple[int, ...], LineIndex]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._indexes)

    def of(self, path: Path, descriptor: int) -> tuple[LineIndex, int]:
        """Return the index of an open log, and the size the log has now.

        It is begun anew when the file is another one, has lost its beginning, or has shrunk.
        """
        with self._lock:
            # Looked at within the lock: then no other thread can have counted beyond this size.
            facts = os.fstat(descriptor)
            first = _first_kept(descriptor)
            identity = (facts.st_dev, facts.st_ino, first)
            known, index = self._indexes.pop(path, (None, LineIndex(first)))
            if known != identity or index.counted_to > facts.st_size:
                index = LineIndex(first)
            self._indexes[path] = identity, index
            while len(self._indexes) > self._most:
                self._indexes.popitem(last=False)
            return index, facts.st_size


def _first_kept(descriptor: int) -> int:
    """Return the offset of the first byte that is kept.

    A log above its cap loses its oldest lines: a hole is left at its beginning, which reads as
    zeros. The file says so by itself, also of earlier starts of a pod, and at this very moment.
    """
    if os.pread(descriptor, 1, 0) != b"\0":
        return 0
    try:
        data = os.lseek(descriptor, 0, os.SEEK_DATA)
    except OSError:  # there is no data at all
        return 0
    # Holes are made of whole pages; the part of a page that was lost is overwritten instead.
    block = os.pread(descriptor, _BLOCK, data) if data else b""
    return data + len(block) - len(block.lstrip(b"\0"))
