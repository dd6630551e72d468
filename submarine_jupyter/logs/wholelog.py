"""What is new in a pod's log, where every answer holds the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .cursor import Position

_PIECE = 16 * 1024
"""Characters (64 KiB at most) after which a line is given out in pieces."""

_BATCH = 256 * 1024
"""Bytes after which a batch is full."""

_PARTIAL = 4 * 1024
_MARK = 64


class Batch(NamedTuple):
    r"""Lines that were not given out before.

    Attributes
    ----------
    offset
        Byte offset of the first one.
    lines
        The lines, without the carriage return of a `\r\n`.
    continued
        Whether the last one is a piece of a line that goes on.
    """

    offset: int
    lines: list[str]
    continued: bool = False


class _Mark(NamedTuple):
    """What a line is known again by, without keeping it."""

    length: int
    head: str
    end: str

    @classmethod
    def of(cls, text: str) -> _Mark:
        return cls(len(text), text[:_MARK], text[-_MARK:])


class WholeLog:
    """How far a reader is in the log of one start of a pod.

    Of the log it keeps counts, two marks and the last line, which may still grow: an answer does
    not tell whether that has its newline. Offsets are bytes, each line with a newline.
    """

    def __init__(self, attempt: int = 1) -> None:
        self.attempt = attempt
        self.offset = 0
        self._count = 0  # lines given out whole
        self._taken = 0  # characters given out of the line after them
        self._first: _Mark | None = None  # of the first line
        self._last: _Mark | None = None  # of what was given out last
        self._open = ""  # the last line as it was seen, from `_taken` on
        self._told = ""  # the partial line that was told

    @classmethod
    def at(cls, place: Position, lines: Sequence[str]) -> WholeLog | None:
        """Return the log read up to a place, or None when that is none of this log's lines."""
        log = cls(place.attempt)
        while log.offset < place.offset:
            if log._count == len(lines):
                return None
            log._step(lines)
        log._note(lines)
        return log if log.offset == place.offset else None

    @classmethod
    def before(cls, tail: int, lines: Sequence[str]) -> WholeLog:
        """Return the log read up to its last `tail` lines."""
        log = cls()
        log._count = max(len(lines) - tail, 0)
        log.offset = sum(_size(line) + 1 for line in lines[: log._count])
        log._note(lines)
        return log

    def continues(self, lines: Sequence[str], *, over: bool) -> bool:
        """Return whether these can be the lines of the same log, grown or not.

        Parameters
        ----------
        over
            Nothing is written any more, so that the last line is whole.
        """
        if self._count >= len(lines):
            # As long as something is written there was always one more line than given out.
            all_given = self._count == len(lines) and not self._taken and not self._open
            return all_given and (over or not lines)
        return self._marks(lines) == (self._first, self._last) and lines[self._count].startswith(
            self._open, self._taken
        )

    def batches(self, lines: Sequence[str], *, over: bool) -> Iterator[Batch]:
        """Yield the lines that are new; the last one of all only when everything is over.

        It may be left at any batch: what has been given out counts as read.
        """
        while batch := self._batch(lines, over=over):
            yield batch
        if self._count < len(lines):
            self._open = lines[self._count][self._taken :]

    def finish(self) -> Batch | None:
        """Return the line that was the last one when the log was seen last, if there is one."""
        text, self._open = self._open, ""
        if not text:
            return None
        batch = Batch(self.offset, [text.removesuffix("\r")])
        self.offset += _size(text) + 1
        self._count, self._taken = self._count + 1, 0
        return batch

    def new_partial(self) -> str | None:
        """Return what the unfinished line shows now, when that is new."""
        # What a carriage return has overwritten is not shown.
        shown = self._open.rstrip("\r").rpartition("\r")[2][-_PARTIAL:]
        if shown == self._told:
            return None
        self._told = shown
        return shown

    def _batch(self, lines: Sequence[str], *, over: bool) -> Batch | None:
        start = self.offset
        texts: list[str] = []
        end = len(lines) if over else len(lines) - 1
        while self.offset - start < _BATCH and (self._count < end or self._has_piece(lines)):
            texts.append(self._step(lines))
            if self._taken:
                break
        if not texts:
            return None
        self._open = self._told = ""
        self._note(lines)
        return Batch(start, texts, continued=self._taken > 0)

    def _has_piece(self, lines: Sequence[str]) -> bool:
        """Return whether so much is left of the next line that a piece of it is given out."""
        return self._count < len(lines) and len(lines[self._count]) - self._taken > _PIECE

    def _step(self, lines: Sequence[str]) -> str:
        """Go on by one line, or by a piece of a long one; return it as it is shown."""
        line = lines[self._count]
        if len(line) - self._taken > _PIECE:
            text = line[self._taken : self._taken + _PIECE]
            self.offset += _size(text)
            self._taken += _PIECE
            return text
        text = line[self._taken :]
        self.offset += _size(text) + 1
        self._count, self._taken = self._count + 1, 0
        return text.removesuffix("\r")

    def _note(self, lines: Sequence[str]) -> None:
        self._first, self._last = self._marks(lines)

    def _marks(self, lines: Sequence[str]) -> tuple[_Mark | None, _Mark | None]:
        """Return the marks of the first line and of what lies before the place that was read."""
        first = _Mark.of(lines[0]) if self._count else None
        if self._taken:
            return first, _Mark.of(lines[self._count][self._taken - _PIECE : self._taken])
        return first, _Mark.of(lines[self._count - 1]) if self._count else None


def _size(text: str) -> int:
    """Return the bytes of a text; JSON can hold halves of characters, too."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
