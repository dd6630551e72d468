"""Logs as files, and what is in them the simple way."""

from __future__ import annotations

import io
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from submarine_jupyter.server.logs.index import LogIndexes
from submarine_jupyter.server.logs.lines import LogSnapshot, Place, opened

_PIECES = [b"\n", b"\r\n", b"\r", b"ab", "é€😀".encode(), b"\xff", b"\xe2\x82", b"\0"]
_LARGE = [
    b"a line of some length, as logs have them, though most of them are somewhat shorter\n" * 900,
    b"Abba \xff and a line that ends otherwise, as some programs have it, with two bytes\r\n" * 900,
    b"\n" * 500,
    b"\r50 %" * 14_000,
    b"x" * 65_535,
    b"ab" * 40_000,
    "€".encode() * 30_000,
]

LOG = st.lists(st.one_of(st.sampled_from(_PIECES), st.sampled_from(_LARGE)), max_size=8).map(
    b"".join
)
"""Bytes in which newlines, carriage returns and broken characters are common, and pieces so large
that lines, and blocks of lines, cross every border."""


@contextmanager
def log_of(content: bytes) -> Iterator[LogSnapshot]:
    """Yield a log with this content."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "1.log"
        path.write_bytes(content)
        with opened(path, LogIndexes()) as log:
            yield log


def places(content: bytes) -> list[Place]:
    """Return where the lines of a log are."""
    ends = list(itertools.accumulate(map(len, io.BytesIO(content))))
    starts = [0, *ends]
    return [Place(number, starts[number], end) for number, end in enumerate(ends)]


def shown(content: bytes, place: Place) -> str:
    """Return the text of a line that is not cut."""
    line = content[place.offset : place.end].removesuffix(b"\n").removesuffix(b"\r")
    return line.decode("utf-8", "replace")
