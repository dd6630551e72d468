"""How often to ask."""

from __future__ import annotations

from submarine_jupyter.logs.pace import Pace


def test_it_slows_down_while_there_is_no_news() -> None:
    pace = Pace(0.5, 5.0)
    pauses = [pace.after("same", 0.0) for _ in range(10)]
    assert pauses[0] == 0.5
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5.0
    assert pace.after("other", 0.0) == 0.5


def test_a_slow_server_is_asked_less_often() -> None:
    pace = Pace(0.5, 5.0)
    assert pace.after("a", 7.0) == 7.0
    assert pace.after("b", 0.1) == 0.5


def test_the_longest_is_never_below_the_shortest() -> None:
    pace = Pace(10.0)
    assert [pace.after("same", 0.0) for _ in range(3)] == [10.0, 10.0, 10.0]
