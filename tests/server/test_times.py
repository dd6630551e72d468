"""Times as the API writes them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.server.times import to_wire


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "1970-01-01T00:00:00.000+00:00"),
        (59.9996, "1970-01-01T00:00:59.999+00:00"),
        (1.003, "1970-01-01T00:00:01.003+00:00"),
        (1_647_618_664.25, "2022-03-18T15:51:04.250+00:00"),
        (1_709_251_199.999, "2024-02-29T23:59:59.999+00:00"),
        (None, None),
    ],
)
def test_times_are_written_with_milliseconds_in_utc(
    seconds: float | None, written: str | None
) -> None:
    assert to_wire(seconds) == written


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_any_time_is_written_as_the_calendar_has_it(microseconds: int) -> None:
    seconds = microseconds / 1_000_000
    expected = datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
    assert to_wire(seconds) == expected
