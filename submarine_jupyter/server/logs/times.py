"""When the lines of a log were written, from the file that notes the growth of the log."""

from __future__ import annotations

import os
import struct
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ENTRY = struct.Struct("<QQ")
_PAGE = 256


class GrowthTimes:
    """The entries of an index file: the log's size, and milliseconds since 1970.

    Only the entries that are needed are read: a run of a day has a million of them.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._count = os.fstat(descriptor).st_size // _ENTRY.size
        self._pages: dict[int, bytes] = {}
        # The last answer, which is often that of the next line too: it holds after an offset and
        # up to another.
        self._after, self._up_to, self._time = 0, 0, 0.0

    def at(self, offset: int) -> float | None:
        """Return when a log had grown to an offset, in seconds since 1970; None: not noted yet."""
        if not self._after < offset <= self._up_to:
            number = bisect_left(self, offset)
            if number == self._count:
                return None
            self._after = self[number - 1] if number else -1
            self._up_to, milliseconds = self._entry(number)
            self._time = milliseconds / 1000
        return self._time

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> int:
        return self._entry(number)[0]

    def _entry(self, number: int) -> tuple[int, int]:
        page, place = divmod(number, _PAGE)
        if page not in self._pages:
            size = _PAGE * _ENTRY.size
            self._pages[page] = os.pread(self._descriptor, size, page * size)
        size_then, milliseconds = _ENTRY.unpack_from(self._pages[page], place * _ENTRY.size)
        return size_then, milliseconds


@contextmanager
def times_of(log: Path) -> Iterator[GrowthTimes]:
    """Yield the times of a log; none when nobody noted them."""
    try:
        descriptor = os.open(log.with_suffix(".idx"), os.O_RDONLY)
    except FileNotFoundError:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    try:
        yield GrowthTimes(descriptor)
    finally:
        os.close(descriptor)
