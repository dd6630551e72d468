"""Bytes into lines, over any edges of the chunks they come in."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LINE = 64 * 1024
"""Bytes after which a line is given out in pieces, so that no line can fill the memory."""


@dataclass(frozen=True)
class Lines:
    r"""Some lines of a log, in order.

    Attributes
    ----------
    offset
        Byte offset of the first one.
    raw
        The lines as they came, joined by `\n`; without the carriage return of a `\r\n`.
    end
        Byte offset after the last one and its newline.
    continued
        Whether the last one is a piece of a line that goes on.
    """

    offset: int
    raw: bytes
    end: int
    continued: bool = False

    @property
    def texts(self) -> list[str]:
        """The lines without their newline; invalid UTF-8 shows as U+FFFD."""
        return self.raw.decode("utf-8", "replace").split("\n")


class LineSplitter:
    """Splits a growing log into whole lines, keeping the unfinished one.

    Parameters
    ----------
    offset
        Byte offset of the first byte that will be fed.
    max_line
        A line without an end is given out in pieces of at most this many bytes.
    """

    def __init__(self, offset: int = 0, max_line: int = MAX_LINE) -> None:
        self._offset = offset
        self._rest = b""
        self._max_line = max_line

    @property
    def offset(self) -> int:
        """Byte offset up to which lines were given out."""
        return self._offset

    @property
    def partial(self) -> str:
        """The unfinished line, as far as it has come."""
        return self._rest.decode("utf-8", "replace")

    def feed(self, chunk: bytes) -> list[Lines]:
        """Return the lines that `chunk` completes."""
        data = self._rest + chunk if self._rest else chunk
        whole, newline, self._rest = data.rpartition(b"\n")
        out = [self._take(whole, len(whole) + 1)] if newline else []
        while len(self._rest) > self._max_line:
            cut = _character_edge(self._rest, self._max_line)
            piece, self._rest = self._rest[:cut], self._rest[cut:]
            out.append(self._take(piece, cut, continued=True))
        return out

    def finish(self) -> list[Lines]:
        """Return what is left when the log has ended without a newline."""
        rest, self._rest = self._rest, b""
        return [self._take(rest, len(rest))] if rest else []

    def _take(self, raw: bytes, size: int, *, continued: bool = False) -> Lines:
        start, self._offset = self._offset, self._offset + size
        # A carriage return goes only with the newline it belongs to.
        if b"\r" in raw and not continued:
            raw = raw.replace(b"\r\n", b"\n").removesuffix(b"\r")
        return Lines(start, raw, self._offset, continued)


def _character_edge(data: bytes, limit: int) -> int:
    """Return the largest cut up to `limit` that splits no UTF-8 character."""
    for cut in range(limit, max(limit - 4, 0), -1):
        if data[cut] & 0xC0 != 0x80:
            return cut
    return limit
