"""Search in a log, forwards and backwards, line by line, without holding the log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .lines import CHUNK, Block, Line, LogSnapshot, Place
from .matchers import Hit, Matcher

PATIENCE = 0.75
_MOST_TEXT = 1024 * 1024


@dataclass(frozen=True)
class Match:
    """A line in which something was found, and where in its text, in characters."""

    line: Line
    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes
    ----------
    matches
        A match a line, in the order in which they were come by.
    next
        Number of the line to go on from; None at the end of the log, or backwards at its beginning.
    searched
        Bytes of the log that were looked at.
    """

    matches: list[Match]
    next: int | None
    searched: int


class LogSearch:
    """Looks for something in a log, line by line.

    Parameters
    ----------
    backwards
        Whether towards the beginning of the log.
    """

    def __init__(self, log: LogSnapshot, matcher: Matcher, *, backwards: bool = False) -> None:
        self._log = log
        self._matcher = matcher
        self._backwards = backwards

    def run(self, number: int, limit: int, patience: float = PATIENCE) -> Found:
        """Search from a line on, that line included.

        Parameters
        ----------
        limit
            Matches after which to stop.
        patience
            Seconds after which to stop; some part of the log is looked at in any case.
        """
        deadline = time.monotonic() + patience
        start = edge = self._log.offset_of(number + 1 if self._backwards else number)
        matches: list[Match] = []
        text = 0
        for block in self._blocks(start):
            for hit in self._hits(block):
                match = _match(self._log, hit)
                matches.append(match)
                text += len(match.line.raw)
                if len(matches) == limit or text > _MOST_TEXT:
                    place = match.line.place
                    edge = place.offset if self._backwards else place.end
                    return Found(matches, self._next(edge), abs(edge - start))
            edge = block.start if self._backwards else block.end
            # Numbers are needed when the time is up; to count all then would take as long again.
            self._log.count_to(edge)
            if time.monotonic() > deadline:
                break
        return Found(matches, self._next(edge), abs(edge - start))

    def _blocks(self, start: int) -> Iterator[Block]:
        return self._log.blocks_backwards(start) if self._backwards else self._log.blocks(start)

    def _hits(self, block: Block) -> Iterable[Hit]:
        hits = _hits_in(self._log, block, self._matcher)
        return reversed(list(hits)) if self._backwards else hits

    def _next(self, edge: int) -> int | None:
        """Return the line that comes next after one that begins or ends at an offset."""
        if self._backwards:
            return self._log.number_at(edge) - 1 if edge > self._log.first else None
        return self._log.number_at(edge) if edge < self._log.end else None


def _hits_in(log: LogSnapshot, block: Block, matcher: Matcher) -> Iterator[Hit]:
    """Yield the first hit of each line of a block, by their offsets in the log."""
    if block.data is not None:
        yield from _moved(matcher.hits(block.data), block.start)
    elif matcher.reach is None:
        line = log.show(Place(0, block.start, block.end))
        yield from _moved(matcher.hits(line.raw), block.start + line.skipped)
    else:
        for offset in range(block.start, block.end, CHUNK):
            data = log.read(offset, min(CHUNK + matcher.reach, block.end - offset))
            for hit in _moved(matcher.hits(data.removesuffix(b"\n")), offset):
                yield hit
                return


def _moved(hits: Iterator[Hit], offset: int) -> Iterator[Hit]:
    return (Hit(offset + hit.start, offset + hit.end) for hit in hits)


def _match(log: LogSnapshot, hit: Hit) -> Match:
    place = log.line_at(hit.start)
    line = log.show_around(place, hit.start)
    begin = place.offset + line.skipped
    before = line.raw[: hit.start - begin].decode("utf-8", "replace")
    until = line.raw[: hit.end - begin].decode("utf-8", "replace")
    # A hit may go on after the piece that is shown.
    return Match(line, len(before), min(len(until), len(line.text)))
