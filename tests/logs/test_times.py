"""Times as people read them."""

from __future__ import annotations

from submarine_jupyter.logs.times import age, duration, seconds_between

SECONDS = (0, 59, 60, 185, 7_800, 273_600)


def test_durations() -> None:
    assert [duration(n) for n in SECONDS] == [
        "0 s",
        "59 s",
        "1 min",
        "3 min 5 s",
        "2 h 10 min",
        "3 d 4 h",
    ]


def test_durations_in_one_unit() -> None:
    assert [duration(n, 1) for n in SECONDS] == ["0 s", "59 s", "1 min", "3 min", "2 h", "3 d"]


def test_what_takes_less_than_a_second_has_taken_some_time() -> None:
    fractions = (0.0001, 0.1, 0.11, 0.7, 0.95, 1.9)
    assert [duration(n) for n in fractions] == ["0.1 s", "0.1 s", "0.2 s", "0.7 s", "1.0 s", "1 s"]


def test_a_clock_that_is_ahead_gives_no_negative_time() -> None:
    assert seconds_between("2026-01-01T00:00:10Z", "2026-01-01T00:00:00.000+00:00") == 0


def test_age() -> None:
    accepted = {"status": "Accepted", "acceptedTime": "2026-01-01T00:00:00.000+00:00"}
    running = {**accepted, "status": "Running", "runningTime": "2026-01-01T08:00:05.000+08:00"}
    over = {**running, "status": "Succeeded", "finishedTime": "2026-01-01T00:00:10.000Z"}
    now = "2026-01-01T00:01:00+00:00"
    assert [age(entry, now) for entry in (accepted, running, over)] == [
        "waiting for 1 min",
        "running for 55 s",
        "ran 5 s",
    ]
