"""Whole answers made into records, one rule at a time; what is an answer at all."""

from __future__ import annotations

from typing import Any

import pytest

from submarine_jupyter.logs.cursor import Cursor, Position
from submarine_jupyter.logs.snapshots import PodLines, Snapshot, SnapshotReader

LONG = 16 * 1024


def running(*pods: PodLines) -> Snapshot:
    return Snapshot({"status": "Running"}, list(pods))


def over(*pods: PodLines) -> Snapshot:
    return Snapshot({"status": "Succeeded"}, list(pods))


def pod(*lines: str, name: str = "p-0") -> PodLines:
    return PodLines(name, list(lines))


def take(reader: SnapshotReader, *answers: Snapshot) -> list[tuple[str, Any]]:
    """Return the records of logs and of the end, in short."""
    return [
        (record.event, record.data)
        for answer in answers
        for record in reader.take(answer)
        if record.event != "status"
    ]


def log(
    attempt: int, offset: int, *lines: str, pod: str = "p-0", **more: object
) -> tuple[str, dict[str, Any]]:
    data = {"pod": pod, "attempt": attempt, "offset": offset, "lines": list(lines)}
    return "log", data | more


def test_the_last_line_is_partial_until_another_follows() -> None:
    reader = SnapshotReader()
    assert take(reader, running(pod("ü", "10%\r20%\r"))) == [
        log(1, 0, "ü"),
        log(1, 3, partial="20%"),
    ]
    assert take(reader, running(pod("ü", "10%\r20%\r"))) == []
    assert take(reader, running(pod("ü", "10%\r20%\rdone", "b"))) == [
        log(1, 3, "10%\r20%\rdone"),
        log(1, 16, partial="b"),
    ]
    assert take(reader, over(pod("ü", "10%\r20%\rdone", "b"))) == [
        log(1, 16, "b"),
        ("end", {"status": "Succeeded"}),
    ]


@pytest.mark.parametrize(
    "again",
    [
        ["a"],  # shorter
        ["a", "b"],  # the last line shorter
        ["a", "b", "x"],  # the last line another
        ["a", "x", "cd", "e"],  # what was given out last another
        ["x", "b", "cd", "e", "f"],  # the first line another
    ],
)
def test_another_log_is_a_new_attempt(again: list[str]) -> None:
    reader = SnapshotReader()
    take(reader, running(pod("a", "b", "cd")))
    assert take(reader, running(pod(*again)))[:2] == [
        log(1, 4, "cd"),
        log(2, 0, *again[:-1]) if again[:-1] else log(2, 0, partial=again[0]),
    ]


def test_an_empty_or_missing_log_is_no_conclusion() -> None:
    reader = SnapshotReader()
    take(reader, running(pod("a", "b")))
    assert take(reader, running(pod()), running(), running(pod("a", "b", "c"))) == [
        log(1, 2, "b"),
        log(1, 4, partial="c"),
    ]


def test_a_pod_that_vanished_gives_its_last_line_at_the_end() -> None:
    reader = SnapshotReader()
    take(reader, running(pod("a", "b", name="p-0"), pod("c", name="p-1")))
    assert take(reader, over(pod("a", "b", "d", name="p-0"))) == [
        log(1, 2, "b", "d"),
        log(1, 0, "c", pod="p-1"),
        ("end", {"status": "Succeeded"}),
    ]


def test_a_deletion_gives_the_last_lines_too() -> None:
    reader = SnapshotReader()
    assert list(reader.gone()) == []
    take(reader, running(pod("a", "b")))
    assert [(record.event, record.data) for record in reader.gone()] == [
        log(1, 2, "b"),
        ("end", {"status": "Deleted"}),
    ]


def test_statuses_come_when_they_change_and_when_resuming() -> None:
    def statuses(reader: SnapshotReader, answer: Snapshot) -> list[str]:
        return [r.data["status"] for r in reader.take(answer) if r.event == "status"]

    reader = SnapshotReader()
    assert statuses(reader, running()) == ["Running"]
    assert statuses(reader, running()) == []
    reader.resume()
    assert statuses(reader, running()) == ["Running"]
    assert statuses(reader, over()) == ["Succeeded"]


@pytest.mark.parametrize(
    ("tail", "lines"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (9, ["a", "b", "c"])]
)
def test_tail_of_a_log_that_is_over(tail: int, lines: list[str]) -> None:
    records = take(SnapshotReader(tail=tail), over(pod("a", "b", "c")))
    assert records == [
        *([log(1, 6 - 2 * len(lines), *lines)] if lines else []),
        ("end", {"status": "Succeeded"}),
    ]


def test_tail_of_a_log_that_grows() -> None:
    reader = SnapshotReader(tail=2)
    (status, *first) = reader.take(running(pod("a", "b", "c")))
    # Who comes back after the first record has to begin there, too.
    assert Cursor.parse(status.cursor).pods == {"p-0": Position(1, 2)}
    assert [record.data for record in first] == [log(1, 2, "b")[1], log(1, 4, partial="c")[1]]
    # What comes later was not there.
    later = pod(*"uvwxyz", name="p-1")
    assert take(reader, over(pod("a", "b", "c"), later)) == [
        log(1, 4, "c"),
        log(1, 0, *"uvwxyz", pod="p-1"),
        ("end", {"status": "Succeeded"}),
    ]


def test_a_tail_of_no_lines_begins_with_the_line_that_may_still_grow() -> None:
    reader = SnapshotReader(tail=0)
    assert take(reader, running(pod("a", "b"))) == [log(1, 2, partial="b")]
    assert take(reader, running(pod("a", "bb", "c")))[0] == log(1, 2, "bb")


def test_a_cursor_wins_over_a_tail() -> None:
    reader = SnapshotReader(Cursor().with_pod("p-0", 1, 2), tail=0)
    assert take(reader, over(pod("a", "b"), pod("c", name="p-1")))[:2] == [
        log(1, 2, "b"),
        log(1, 0, "c", pod="p-1"),
    ]


@pytest.mark.parametrize("offset", [1, 2, 5, 100])
def test_a_cursor_in_the_middle_of_a_line_is_of_another_log(offset: int) -> None:
    reader = SnapshotReader(Cursor().with_pod("p-0", 4, offset))
    assert take(reader, over(pod("ab", "cd")))[0] == log(5, 0, "ab", "cd")


def test_a_cursor_after_the_last_of_a_running_log_is_of_another_log() -> None:
    cursor = Cursor().with_pod("p-0", 4, 6)
    assert take(SnapshotReader(cursor), running(pod("ab", "cd")))[0] == log(5, 0, "ab")
    end = ("end", {"status": "Succeeded"})
    assert take(SnapshotReader(cursor), over(pod("ab", "cd"))) == [end]


def test_only_the_pods_that_are_wanted() -> None:
    reader = SnapshotReader(pods=["p-1"])
    assert take(reader, over(pod("a"), pod("b", name="p-1"))) == [
        log(1, 0, "b", pod="p-1"),
        ("end", {"status": "Succeeded"}),
    ]


def test_long_lines_come_in_pieces_and_long_logs_in_batches() -> None:
    line = "é" * (LONG + 1)
    reader = SnapshotReader()
    assert take(reader, running(pod(line))) == [
        log(1, 0, line[:LONG], continued=True),
        log(1, 2 * LONG, partial="é"),
    ]
    assert take(reader, over(pod(line + "!")))[0] == log(1, 2 * LONG, "é!")
    many = ["x" * 99] * 10_000
    batches = [data["lines"] for event, data in take(SnapshotReader(), over(pod(*many)))[:-1]]
    assert len(batches) > 3
    assert sum(batches, []) == many  # noqa: RUF017 - few
    assert all(sum(len(line) + 1 for line in batch) <= 256 * 1024 + 100 for batch in batches)


def test_a_line_as_long_as_a_piece_is_a_line() -> None:
    line = "x" * LONG
    assert take(SnapshotReader(), over(pod(line, "b")))[0] == log(1, 0, line, "b")
    assert take(SnapshotReader(), running(pod(line))) == [log(1, 0, partial=line[:4096])]


def test_the_carriage_return_before_a_newline_belongs_to_it() -> None:
    answers = running(pod("a\r", "b\rc", "d\r")), over(pod("a\r", "b\rc"))
    records = take(SnapshotReader(), *answers)
    assert records == [
        log(1, 0, "a", "b\rc"),
        log(1, 7, partial="d"),
        log(1, 7, "d"),
        log(2, 0, "a", "b\rc"),
        ("end", {"status": "Succeeded"}),
    ]


def test_halves_of_characters_are_counted() -> None:
    records = take(SnapshotReader(), over(pod("\ud83d", "b")))
    assert records[0] == log(1, 0, "\ud83d", "b")


def test_reading_answers() -> None:
    logs = {"logContent": [{"podName": "p-0", "podLog": ["a", "", ""]}]}
    read = Snapshot.read({"status": "Running"}, logs)
    assert read == running(pod("a"))
    assert not read.is_over
    assert Snapshot.read({"status": "Failed"}, {"logContent": None}).is_over
    assert Snapshot.read({"status": "x"}, {"logContent": [{"podName": "p", "podLog": None}]}).pods


@pytest.mark.parametrize(
    ("experiment", "logs"),
    [
        (None, {"logContent": []}),
        ({}, {"logContent": []}),
        ({"status": 1}, {"logContent": []}),
        ({"status": "Running"}, None),
        ({"status": "Running"}, {}),
        ({"status": "Running"}, {"logContent": {}}),
        ({"status": "Running"}, {"logContent": ["p"]}),
        ({"status": "Running"}, {"logContent": [{"podName": "p"}]}),
        ({"status": "Running"}, {"logContent": [{"podName": "p", "podLog": "a"}]}),
        ({"status": "Running"}, {"logContent": [{"podName": "p", "podLog": [1]}]}),
        ({"status": "Running"}, {"logContent": [{"podName": "p!q*1*2", "podLog": []}]}),
        ({"status": "Running"}, {"logContent": [{"podName": "", "podLog": []}]}),
    ],
)
def test_what_is_no_answer(experiment: object, logs: object) -> None:
    with pytest.raises(ValueError, match=r"answer|list"):
        Snapshot.read(experiment, logs)


def test_the_extent_tells_when_there_is_news() -> None:
    extents = [
        running(pod("a")),
        running(pod("a", "b")),
        running(pod("a", "bb")),
        running(pod("a", "bc")),
        over(pod("a", "bc")),
        over(pod("a", "bc"), pod("a", name="p-1")),
    ]
    for number, answer in enumerate(extents):
        same = [number == other for other in range(len(extents))]
        assert [answer.extent == other.extent for other in extents] == same
