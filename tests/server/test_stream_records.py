"""Records as they travel."""

from __future__ import annotations

import json
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from submarine_jupyter.logs import Cursor
from submarine_jupyter.logs.lines import Lines, LineSplitter
from submarine_jupyter.logs.sse import SSEParser
from submarine_jupyter.server.streams.records import StreamRecord, joined, log_data

# All that JSON and event streams have a meaning for, and bytes that are no text.
RAW = st.lists(
    st.sampled_from(
        [b"\n", b"\r\n", b"\r", b"\\", b'"', b"\\n", b"\0", "é\u2028😀".encode(), b"\xff"]
    )
    | st.binary(max_size=4),
    max_size=40,
).map(b"".join)


@given(RAW)
@example(bytes(range(256)))
def test_lines_are_told_as_they_are(raw: bytes) -> None:
    expected = raw.decode("utf-8", "replace").split("\n")
    sent = log_data("p", 2, Lines(7, raw, 9))
    assert not {*b"\r\n"} & {*sent}
    assert json.loads(sent) == {"pod": "p", "attempt": 2, "offset": 7, "lines": expected}


def test_a_piece_of_a_line_says_that_it_goes_on() -> None:
    sent = json.loads(log_data("p", 1, Lines(0, b"abc", 3, continued=True)))
    assert sent["continued"] is True
    assert sent["lines"] == ["abc"]


@given(RAW)
def test_a_reader_of_the_stream_has_the_lines_of_the_log(raw: bytes) -> None:
    splitter = LineSplitter()
    found = [*splitter.feed(raw), *splitter.finish()]
    records = [StreamRecord("log", Cursor(3), log_data("p", 1, lines)) for lines in found]
    parser = SSEParser()
    messages = list(chain.from_iterable(parser.feed(record.encode()) for record in records))
    assert {(message.event, message.id) for message in messages} <= {("log", "1!3")}
    texts = [text for message in messages for text in json.loads(message.data)["lines"]]
    assert texts == [text for lines in found for text in lines.texts]


@pytest.mark.parametrize("size", [10, 100_000, 1_000_000])
def test_records_travel_together_but_never_too_many(size: int) -> None:
    records = [StreamRecord("event", Cursor(), b"x" * size) for _ in range(20)]
    pieces = list(joined(iter(records)))
    assert b"".join(pieces) == b"".join(record.encode() for record in records)
    assert max(map(len, pieces)) < size + 300_000
    assert len(pieces) == {10: 1, 100_000: 7, 1_000_000: 20}[size]
