from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.logs import LineSplitter
from submarine_jupyter.logs.lines import Lines

# Bytes in which newlines, carriage returns and broken characters are common.
LOG = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"ab", "é€😀".encode(), b"\xff", b"\xe2\x82", b"\0"]),
    max_size=60,
).map(b"".join)


def split(log: bytes, cuts: list[int], max_line: int = 64) -> list[Lines]:
    splitter = LineSplitter(max_line=max_line)
    edges = [0, *sorted(cut % (len(log) + 1) for cut in cuts), len(log)]
    chunks = [log[start:end] for start, end in itertools.pairwise(edges)]
    return [lines for chunk in chunks for lines in splitter.feed(chunk)] + splitter.finish()


@given(LOG, st.lists(st.integers(0, 1000), max_size=12))
def test_any_chunks_give_every_line_once_and_in_order(log: bytes, cuts: list[int]) -> None:
    found = [text for lines in split(log, cuts, max_line=10_000) for text in lines.texts]
    whole = log.split(b"\n")
    if not whole[-1]:
        whole.pop()
    ended = log.endswith(b"\n")
    expected = [
        (line.removesuffix(b"\r") if ended or number < len(whole) - 1 else line)
        for number, line in enumerate(whole)
    ]
    # The last line of a log that ends without a newline keeps what stands at its end.
    shown = [line.decode("utf-8", "replace") for line in expected]
    assert [text.rstrip("\r") for text in found] == [text.rstrip("\r") for text in shown]


@given(LOG, st.lists(st.integers(0, 1000), max_size=12))
def test_offsets_join_without_gap(log: bytes, cuts: list[int]) -> None:
    position = 0
    for lines in split(log, cuts, max_line=8):
        assert lines.offset == position
        position = lines.end
    assert position == len(log)


def test_a_reader_that_comes_back_goes_on_where_it_was() -> None:
    log = b"one\ntwo\r\nthree\nfour"
    first = LineSplitter()
    (lines,) = first.feed(log[:10])
    assert lines == Lines(0, b"one\ntwo", 9)
    again = LineSplitter(lines.end)
    assert again.feed(log[lines.end :]) == [Lines(9, b"three", 15)]
    assert again.partial == "four"
    assert again.finish() == [Lines(15, b"four", 19)]


def test_an_endless_line_comes_in_pieces_that_split_no_character() -> None:
    splitter = LineSplitter(max_line=10)
    pieces = splitter.feed("€".encode() * 10)
    assert all(piece.continued for piece in pieces)
    text = "".join(piece.texts[0] for piece in pieces) + splitter.partial
    assert text == "€" * 10
    assert len(splitter.partial.encode()) <= 10
