"""What is left of texts that come from programs and servers."""

from __future__ import annotations

import pytest

from submarine_jupyter.logs.clean import MAX_LINE, clean, one_line, visible

LINK = "\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\ttab", "plain\ttab"),
        ("10%\r50%\r100%", "100%"),
        ("done\r", "done"),
        (f"\x1b[31;1mred\x1b[0m \x1b]0;title\x07x{LINK}", "red xlink"),
        ("a\x00b\x08c\x7f\u2028\x9b", "abc"),
        ("exe\u202etxt.\u2066x", "exetxt.x"),
        ("x" * 500, "x" * (MAX_LINE - 1) + "…"),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_visible_cuts_nothing() -> None:
    assert visible("x" * 500) == "x" * 500


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31;1mred\x1b[0m", "\x1b[31;1mred\x1b[0m"),
        ("\x1b[38;2;1;2;3mred\x1b[m", "\x1b[38;2;1;2;3mred\x1b[m"),
        (f"\x1b[2J\x1b[1;1H\x1b]0;title\x07x{LINK}", "xlink"),
        ("a\x1b[b\x9b31m", "a31m"),
        ("\x1b[?25lhidden\x1bc", "hidden"),
    ],
)
def test_only_colours_may_stay(raw: str, shown: str) -> None:
    assert visible(raw, colours=True) == shown


def test_one_line() -> None:
    assert one_line(" a\nb\r\n\tc\x1b[2Jd\x85e\u202e ") == "a b cd e"
