"""Server-sent events, parsed from bytes as they arrive."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import SubmarineError

DEFAULT_LIMIT = 16 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class StreamTooLong(SubmarineError):
    """A line or a message of an event stream is longer than the reader accepts."""


class SSEMessage(NamedTuple):
    """One message of an event stream.

    Attributes
    ----------
    event
        Its name; ``message`` where the stream gives none.
    id
        The last id seen on the stream, which may be that of an earlier message; empty before any.
    data
        The bytes of its data lines, joined by a newline, not decoded.
    """

    event: str
    id: str
    data: bytes


class SSEParser:
    """Turn the bytes of an event stream, cut anywhere, into messages.

    Lines end in LF, CR or CRLF. Comments, unknown fields and messages without data are skipped.

    Parameters
    ----------
    limit
        Bytes that one line, or the data of one message, may have.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []  # of the line that is not ended yet
        self._pending = 0
        self._at_start = True
        self._after_cr = False
        self._event = ""
        self._id = ""
        self._data: list[bytes] = []
        self._data_size = 0
        self._failure: StreamTooLong | None = None

    def feed(self, chunk: bytes) -> list[SSEMessage]:
        """Take the next bytes and return the messages that they complete.

        Raises
        ------
        StreamTooLong
            A line or a message passes the limit. What was complete before it is returned first;
            then every further call raises.
        """
        if self._failure is not None:
            raise self._failure
        messages: list[SSEMessage] = []
        try:
            for line in self._lines(chunk):
                if line:
                    self._take(line)
                elif self._data:
                    messages.append(self._dispatch())
                else:
                    self._event = ""
        except StreamTooLong as error:
            self._failure = error
            if not messages:
                raise
        return messages

    def _lines(self, chunk: bytes) -> list[bytes]:
        """Return the lines that the chunk ends, without their end; keep the rest."""
        if self._after_cr and chunk:
            # The CR ended its line already; a LF that follows it belongs to it.
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *rest = chunk.split(b"\n")
        self._pieces.append(first)
        self._pending += len(first)
        if not rest:
            # A mark that is still in front of the first line is none of its bytes.
            if self._pending > self._limit + len(_BYTE_ORDER_MARK) * self._at_start:
                self._too_long()
            return []
        lines = [b"".join(self._pieces), *rest[:-1]]
        if self._at_start:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
            self._at_start = False
        self._pieces = [rest[-1]]
        self._pending = len(rest[-1])
        return lines

    def _take(self, line: bytes) -> None:
        if len(line) > self._limit:
            self._too_long()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data_size += len(value) + bool(self._data)
            if self._data_size > self._limit:
                self._too_long()
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")

    def _dispatch(self) -> SSEMessage:
        message = SSEMessage(self._event or "message", self._id, b"\n".join(self._data))
        self._event = ""
        self._data = []
        self._data_size = 0
        return message

    def _too_long(self) -> None:
        raise StreamTooLong(
            f"The event stream holds a line or a message of more than {self._limit} bytes. "
            "It does not come from an experiment server; check the address."
        )
