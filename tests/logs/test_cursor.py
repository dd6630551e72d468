from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.logs import Cursor, Position

PODS = st.dictionaries(
    st.from_regex(r"[a-z0-9][a-z0-9.-]{0,40}", fullmatch=True),
    st.builds(Position, st.integers(1, 9), st.integers(0, 2**50)),
    max_size=5,
)


@given(st.integers(0, 2**40), PODS)
def test_a_cursor_reads_back_equal_and_needs_no_escaping(
    events: int, pods: dict[str, Position]
) -> None:
    cursor = Cursor(events, pods)
    assert Cursor.parse(str(cursor)) == cursor
    assert quote(str(cursor), safe="!*") == str(cursor)


def test_the_form_is_a_contract() -> None:
    cursor = Cursor(12).with_pod("experiment-1-0001-ps-0", 1, 345)
    assert str(cursor) == "1!12!experiment-1-0001-ps-0*1*345"


@pytest.mark.parametrize("text", ["", "1", "2!0", "1!x", "1!0!pod", "1!0!pod*1", "1!0!a/b*1*1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no "):
        Cursor.parse(text)
