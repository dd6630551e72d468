"""A series stays small, and its picture stays true."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine_jupyter.logs.metrics import Point
from submarine_jupyter.logs.series import Series

# Often more than fit.
VALUES = st.builds(
    lambda values, times: values * times,
    st.lists(st.floats() | st.integers(-3, 3).map(float), max_size=30),
    st.integers(1, 30),
)
LIMITS = st.integers(8, 40)


def points_of(values: list[float]) -> list[Point]:
    return [Point("loss", None, value, number) for number, value in enumerate(values)]


def filled(values: list[float], limit: int) -> Series:
    series = Series(limit)
    series.extend(points_of(values))
    return series


@settings(deadline=None)
@given(VALUES, LIMITS)
def test_a_series_never_holds_more_than_its_limit(values: list[float], limit: int) -> None:
    series = Series(limit)
    for point in points_of(values):
        series.append(point)
        assert len(series.points) <= limit


@settings(deadline=None)
@given(VALUES, LIMITS)
def test_points_are_those_that_came_and_in_their_order(values: list[float], limit: int) -> None:
    came = points_of(values)
    series = Series(limit)
    series.extend(came)
    offsets = [point.offset for point in series.points]
    assert offsets == sorted(set(offsets))
    assert all(point is came[point.offset] for point in series.points)
    assert offsets[:1] == [point.offset for point in came[:1]]
    assert offsets[-1:] == [point.offset for point in came[-1:]]


@settings(deadline=None)
@given(VALUES, LIMITS)
def test_the_smallest_and_the_largest_value_are_kept(values: list[float], limit: int) -> None:
    kept = [point.value for point in filled(values, limit).points if math.isfinite(point.value)]
    came = [value for value in values if math.isfinite(value)]
    assert [min(kept, default=None), max(kept, default=None)] == [
        min(came, default=None),
        max(came, default=None),
    ]


@settings(deadline=None)
@given(VALUES, LIMITS)
def test_a_gap_is_kept(values: list[float], limit: int) -> None:
    kept = [
        point.offset for point in filled(values, limit).points if not math.isfinite(point.value)
    ]
    came = [place for place, value in enumerate(values) if not math.isfinite(value)]
    assert kept[:1] == came[:1]


@settings(deadline=None)
@given(VALUES, LIMITS)
def test_points_are_left_out_only_when_they_do_not_fit(values: list[float], limit: int) -> None:
    series = filled(values, limit)
    assert series.is_sampled == (len(values) > limit)
    assert series.is_sampled or series.points == points_of(values)
    assert not series.is_sampled or len(series.points) >= min(limit, len(values)) // 8


def test_a_long_series_shows_a_spike_and_a_gap_where_they_were() -> None:
    values = [math.sin(number / 5_000) for number in range(100_000)]
    values[70_000] = 40.0
    values[30_000] = math.nan
    series = filled(values, 1_000)
    kept = {point.offset for point in series.points}
    assert {0, 30_000, 70_000, 99_999} <= kept
    # Old and new points are equally dense.
    assert all(
        len(kept & set(range(start, start + 10_000))) >= 40 for start in range(0, 100_000, 10_000)
    )


def test_points_are_left_out_evenly() -> None:
    # Of values that rise, a run keeps its first and its last.
    offsets = [
        point.offset for point in filled([float(value) for value in range(10_000)], 64).points
    ]
    lengths = {after - before for before, after in zip(offsets[::2], offsets[2::2], strict=False)}
    assert len(lengths) == 1


def test_steps_may_go_back() -> None:
    series = Series()
    series.extend([Point("loss", 5, 0.5, 0), Point("loss", 1, 0.25, 7), Point("loss", None, 1, 9)])
    assert series.to_lists() == [[5, 0.5, 0], [1, 0.25, 7], [None, 1, 9]]


def test_a_series_is_plain_json() -> None:
    series = filled([0.5, math.nan, math.inf, -math.inf], 8)
    text = json.dumps(series.to_lists(), allow_nan=False)
    assert text == "[[null, 0.5, 0], [null, null, 1], [null, null, 2], [null, null, 3]]"
    assert Series().to_lists() == []


def test_a_series_needs_some_room() -> None:
    with pytest.raises(ValueError, match="limit is 7"):
        Series(7)
