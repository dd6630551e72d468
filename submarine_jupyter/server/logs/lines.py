"""The lines of a log by number, read from the file as they are asked for."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ...logs.lines import MAX_LINE
from .index import LineIndex, LogIndexes

CHUNK = MAX_LINE
"""Bytes that are read at once. With larger ones memory would be asked for and given back each time,
which takes as long as the search."""

_INSIDE_A_CHARACTER = bytes(range(0x80, 0xC0))


class Place(NamedTuple):
    """A line's number, counted from 0, and its byte offsets: of its beginning, and after it."""

    number: int
    offset: int
    end: int


class Block(NamedTuple):
    """Whole lines that follow each other.

    Attributes
    ----------
    start, end
        Byte offsets; `end` is after the newline of the last line.
    data
        Their bytes without that newline; None for one line that is longer than a chunk.
    """

    start: int
    end: int
    data: bytes | None


@dataclass(frozen=True)
class Line:
    """A line as it is shown: without its end, or only a piece of it when it is very long.

    Attributes
    ----------
    raw
        The bytes that are shown.
    length
        Of a line that is cut: all its bytes without the newline.
    skipped
        Of a line that is cut: its bytes before those that are shown.
    """

    place: Place
    raw: bytes
    length: int | None = None
    skipped: int = 0

    @property
    def text(self) -> str:
        """What is shown; invalid UTF-8 as U+FFFD."""
        # A character that the cut goes through is left out.
        return codecs.utf_8_decode(self.raw, "replace", self.length is None)[0]


class LogSnapshot:
    """A log as it was at one moment; what is appended later is not in it.

    Attributes
    ----------
    first, end
        Offsets of its first byte that is kept, and after its last one.
    """

    def __init__(self, descriptor: int, index: LineIndex, end: int) -> None:
        self.first = index.first
        self.end = end
        self._descriptor = descriptor
        self._index = index

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes; fewer where the log ends."""
        return os.pread(self._descriptor, max(0, min(size, self.end - offset)), offset)

    def total(self) -> int:
        """Return how many lines there are; the last one counts also without its newline."""
        newlines = self.number_at(self.end)
        return newlines + (self.offset_of(newlines) < self.end)

    def count_to(self, offset: int) -> None:
        """Have the lines before an offset counted, so that their numbers come at once."""
        self._index.count_to(self._descriptor, offset)

    def number_at(self, offset: int) -> int:
        """Return the number of the line that a byte belongs to."""
        return self._index.newlines_before(self._descriptor, offset)

    def offset_of(self, number: int) -> int:
        """Return where a line begins; the end of the log for a line that is not there."""
        return self._index.offset_after(self._descriptor, number, self.end)

    def line_at(self, offset: int) -> Place:
        """Return the line that a byte belongs to."""
        number = self.number_at(offset)
        # In a log that is cut short meanwhile a line holds its byte all the same, so that whoever
        # goes from line to line gets on.
        start = min(self.offset_of(number), offset)
        end = max(self.offset_of(number + 1), offset + 1)
        return Place(number, start, min(end, self.end))

    def lines(self, number: int) -> Iterator[Line]:
        """Yield the lines from a number on."""
        for block in self.blocks(self.offset_of(number)):
            if block.data is None:
                yield self.show(Place(number, block.start, block.end))
                number += 1
                continue
            start = block.start
            for line in block.data.split(b"\n"):
                end = min(start + len(line) + 1, block.end)  # the last one may have no newline
                yield Line(Place(number, start, end), _without_end(line))
                number, start = number + 1, end

    def show(self, place: Place) -> Line:
        """Return a line as it is shown.

        Of one longer than `MAX_LINE`, what its last carriage returns have not overwritten yet when
        it has such, since that is a progress bar; else its beginning.
        """
        if _is_short(place):
            return Line(place, _without_end(self.read(place.offset, place.end - place.offset)))
        tail_offset = place.end - MAX_LINE
        overwritten, found, shown = _without_end(self.read(tail_offset, MAX_LINE)).partition(b"\r")
        if found:
            skipped = tail_offset + len(overwritten) + 1 - place.offset
            return Line(place, shown, self._length(place), skipped)
        return Line(place, self.read(place.offset, MAX_LINE), self._length(place))

    def show_around(self, place: Place, offset: int) -> Line:
        """Return a line as it is shown, or of a very long one the piece around a byte."""
        if _is_short(place):
            return self.show(place)
        start = max(place.offset, offset - MAX_LINE // 2)
        data = self.read(start, min(MAX_LINE, place.end - start))
        whole = data.lstrip(_INSIDE_A_CHARACTER) if start > place.offset else data
        skipped = start + len(data) - len(whole) - place.offset
        return Line(place, _without_end(whole), self._length(place), skipped)

    def blocks(self, start: int) -> Iterator[Block]:
        """Yield the lines from the one that begins at `start` to the last."""
        while start < self.end:
            data = self.read(start, CHUNK)
            if not data:  # it was cut short meanwhile
                return
            newline = data.rfind(b"\n")
            if start + len(data) == self.end and newline != len(data) - 1:
                block = Block(start, self.end, data)
            elif newline < 0:
                block = Block(start, self.line_at(start).end, None)
            else:
                block = Block(start, start + newline + 1, data[:newline])
            yield block
            start = block.end

    def blocks_backwards(self, end: int) -> Iterator[Block]:
        """Yield the lines from the one that ends at `end` to the first, the last block first."""
        while end > self.first:
            start = max(self.first, end - CHUNK)
            data = self.read(start, end - start)
            newline = data.find(b"\n", 0, -1)
            if start == self.first or len(data) < end - start:  # it was cut short meanwhile
                block = Block(start, end, data.removesuffix(b"\n"))
            elif newline < 0:
                block = Block(self.line_at(end - 1).offset, end, None)
            else:
                # What comes before the first newline is a part of a line.
                block = Block(start + newline + 1, end, data[newline + 1 :].removesuffix(b"\n"))
            yield block
            end = block.start

    def _length(self, place: Place) -> int:
        return place.end - place.offset - (self.read(place.end - 1, 1) == b"\n")


@contextmanager
def opened(path: Path, indexes: LogIndexes) -> Iterator[LogSnapshot]:
    """Yield a log as it is now; one that is not there is an empty one."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    try:
        index, size = indexes.of(path, descriptor)
        yield LogSnapshot(descriptor, index, size)
    finally:
        os.close(descriptor)


def _is_short(place: Place) -> bool:
    return place.end - place.offset <= MAX_LINE + 1


def _without_end(line: bytes) -> bytes:
    # A carriage return goes only with the newline it belongs to, as in the stream.
    return line.removesuffix(b"\n").removesuffix(b"\r")
