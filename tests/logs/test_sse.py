from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.logs.sse import SSEMessage, SSEParser, StreamTooLong


def parse(chunks: Iterable[bytes], limit: int = 1 << 20) -> list[SSEMessage]:
    parser = SSEParser(limit)
    return [message for chunk in chunks for message in parser.feed(chunk)]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_message_with_all_fields(end: bytes) -> None:
    lines = [b"event: log", b"id: c1", b'data: {"a": 1}', b"", b""]
    assert parse([end.join(lines)]) == [SSEMessage("log", "c1", b'{"a": 1}')]


def test_defaults_comments_and_unknown_fields() -> None:
    stream = b": keep-alive\n\nretry: 5\nwhatever: x\nnonsense\ndata:one\n\n"
    assert parse([stream]) == [SSEMessage("message", "", b"one")]


def test_data_lines_are_joined_and_only_one_space_is_taken() -> None:
    assert parse([b"data:  a\ndata\ndata: b\n\n"]) == [SSEMessage("message", "", b" a\n\nb")]


def test_id_lasts_and_event_does_not() -> None:
    stream = b"id: 7\nevent: status\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n"
    assert parse([stream]) == [
        SSEMessage("status", "7", b"1"),
        SSEMessage("message", "7", b"2"),
        SSEMessage("message", "", b"3"),
    ]


def test_id_with_nul_is_ignored() -> None:
    assert parse([b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"])[1].id == "1"


def test_event_name_without_data_is_forgotten() -> None:
    assert parse([b"event: end\n\ndata: x\n\n"]) == [SSEMessage("message", "", b"x")]


def test_byte_order_mark_is_skipped_once() -> None:
    mark = "\ufeff".encode()
    assert parse([mark[:1], mark[1:] + b"data: a\n\n" + mark + b"data: b\n\n"]) == [
        SSEMessage("message", "", b"a")
    ]


def test_message_that_was_not_ended_is_not_given() -> None:
    assert parse([b"data: a\n\ndata: b\n"]) == [SSEMessage("message", "", b"a")]


def test_cr_and_lf_in_two_chunks_are_one_line_end() -> None:
    assert parse([b"data: a\r", b"\ndata: b\r", b"", b"\n\r", b"\n"]) == [
        SSEMessage("message", "", b"a\nb")
    ]


@pytest.mark.parametrize(
    "stream",
    [b"data: " + b"x" * 100, b": " + b"x" * 100 + b"\n\n", b"data: 123456789\n" * 7 + b"\n"],
)
def test_growth_is_bounded(stream: bytes) -> None:
    parser = SSEParser(limit=64)
    assert parser.feed(b"data: fine\n\n" + stream)[0].data == b"fine"
    with pytest.raises(StreamTooLong, match="64 bytes"):
        parser.feed(b"")


fields = st.sampled_from([b"data", b"event", b"id", b"", b"retry", "\ufeffdata".encode()])
values = st.one_of(
    st.text(st.characters(exclude_characters="\r\n"), max_size=8).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=8),
)
lines = st.tuples(fields, st.sampled_from([b":", b": ", b""]), values).map(b"".join)
ends = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r"])
streams = st.lists(st.tuples(lines, ends).map(b"".join), max_size=12).map(b"".join)


@given(streams, st.lists(st.integers(min_value=0), max_size=12))
def test_any_chunking_gives_the_same_messages(stream: bytes, places: list[int]) -> None:
    assert parse(cut(stream, places)) == parse([stream])
    assert parse(bytes([byte]) for byte in stream) == parse([stream])


@given(streams, st.lists(st.integers(min_value=0), max_size=12))
def test_any_chunking_meets_the_limit_at_the_same_place(stream: bytes, places: list[int]) -> None:
    def outcome(chunks: list[bytes]) -> tuple[list[SSEMessage], bool]:
        parser = SSEParser(limit=12)
        messages: list[SSEMessage] = []
        try:
            for chunk in [*chunks, b""]:
                messages += parser.feed(chunk)
        except StreamTooLong:
            return messages, True
        return messages, False

    assert outcome(cut(stream, places)) == outcome([stream])
