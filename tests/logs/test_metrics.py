"""Metrics are found in the lines of real trainers, and in little else."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from submarine_jupyter.logs.metric_lines import findings
from submarine_jupyter.logs.metric_records import MAX_NAME
from submarine_jupyter.logs.metrics import MAX_LINE, MAX_POINTS, MetricReader, Point

from .training_lines import LINES, NOTHING, Found

DATA = Path(__file__).parents[1] / "data"


def read(log: bytes) -> list[Point]:
    reader = MetricReader()
    return reader.feed(log) + reader.finish()


def written(found: Found) -> list[tuple[str, float | None, str]]:
    """Write the values out, as NaN equals nothing."""
    return [(name, step, str(float(value))) for name, step, value in found]


def without_offsets(points: list[Point]) -> Found:
    return [(point.name, point.step, point.value) for point in points]


@pytest.mark.parametrize(("line", "found"), LINES)
def test_a_line_gives_its_metrics(line: str, found: Found) -> None:
    assert written(without_offsets(read(line.encode() + b"\n"))) == written(found)


@pytest.mark.parametrize("line", NOTHING)
def test_a_line_without_metrics_gives_none(line: str) -> None:
    assert read(line.encode() + b"\n") == []
    assert findings(line, None)[0] == []


def test_the_log_of_a_tensorflow_run_has_one_series_a_pod() -> None:
    answer = json.loads((DATA / "get-log-response.json").read_text("utf-8"))
    logs = [pod["podLog"] for pod in answer["result"]["logContent"]]
    assert len(logs) == 2
    for lines in logs:
        points = read("\n".join(lines).encode() + b"\n")
        assert {point.name for point in points} == {"accuracy"}
        assert [point.step for point in points] == list(range(0, 1000, 10))
        assert [f"Accuracy at step {point.step:.0f}: {point.value}" for point in points] == [
            line for line in lines if line.startswith("Accuracy")
        ]


def test_a_line_without_a_step_belongs_to_the_last_epoch() -> None:
    log = b"""\
accuracy: 0.1
2024-05-01 12:00:00 INFO Epoch 1/3
loss: 0.5 [64/256]
[2024-05-01 12:00:00] loss: 0.4
Stopping at epoch 3
val_loss: 0.3
step=7 loss=0.2
{'loss': 0.1}
2/2 [====] - 2s 4ms/step - loss: 0.25
Train Epoch: 2 [64/256 (25%)] Loss: 0.5
Test set: Accuracy: 9/10
"""
    assert without_offsets(read(log)) == [
        ("accuracy", None, 0.1),
        ("loss", 1.25, 0.5),
        ("loss", 1, 0.4),
        ("val_loss", 1, 0.3),
        ("loss", 7, 0.2),
        ("loss", 1, 0.1),
        ("loss", 1, 0.25),
        ("loss", 2.25, 0.5),
        ("test_accuracy", 2, 0.9),
    ]


def test_only_the_last_state_of_a_redrawn_line_counts() -> None:
    # As Keras draws: backspaces, a carriage return, the bar.
    states = [
        f"{count}/469 [==>...] - ETA: 1s - loss: {1 / count:.2f} - accuracy: 0.5"
        for count in (1, 2, 4)
    ]
    bar = "".join("\b" * 60 + "\r" + state for state in states)
    end = "\b" * 60 + "\r469/469 [====] - 2s 4ms/step - loss: 0.12 - val_loss: 0.11"
    points = read(f"Epoch 1/2\n{bar}{end}\nEpoch 2/2\r\n{bar}\r\n".encode())
    assert without_offsets(points) == [
        ("loss", 1, 0.12),
        ("val_loss", 1, 0.11),
        ("loss", 2, 0.25),
        ("accuracy", 2, 0.5),
    ]
    assert points[0].offset == len(b"Epoch 1/2\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("loss: 0.5\b\b\b0.7", [("loss", None, 0.7)]),
        ("loss: 0.5\b\b\b\b\b\b\b\b\b\bacc : 9", [("acc", None, 9.5)]),
        ("loss: 0.5\b\b\b", [("loss", None, 0.5)]),
        ("loss: 0.5\rdone", []),
        ("loss: 0.5\r\x1b[K", []),
        ("loss: 0.5\r\r", [("loss", None, 0.5)]),
    ],
)
def test_what_was_overwritten_does_not_count(line: str, found: Found) -> None:
    assert without_offsets(read(line.encode() + b"\n")) == found


def test_a_line_gives_a_bounded_number_of_points() -> None:
    line = " ".join(f"loss_{number}=0.5" for number in range(MAX_POINTS + 10))
    points = read(line.encode() + b"\n")
    assert [point.name for point in points] == [f"loss_{number}" for number in range(MAX_POINTS)]


def test_names_are_bounded() -> None:
    (point,) = read(('{"step": 1, "' + "n" * 200 + '": 2}\n').encode())
    assert point.name == "n" * MAX_NAME


def test_dictionaries_of_any_depth_are_read() -> None:
    for depth in (*range(700, 1_100), 6_000):
        log = b'{"loss": ' * depth + b"1" + b"}" * depth + b"\nacc=1\n"
        assert without_offsets(read(log)) == [("acc", None, 1)]


def test_a_line_too_long_gives_nothing() -> None:
    line = '{"loss": 1, "text": "%s"}\n'
    assert len(read((line % ("x" * (MAX_LINE - 100))).encode())) == 1
    assert read((line % ("x" * MAX_LINE)).encode()) == []


@pytest.mark.parametrize("size", [10, MAX_LINE, MAX_LINE * 3])
def test_an_endless_line_is_given_up_until_it_is_drawn_again(size: int) -> None:
    reader = MetricReader()
    for piece in (b"x " * size, b"\r", b"y " * size, b"loss=1"):
        assert reader.feed(piece) == []
        assert len(reader._rest) <= MAX_LINE + 2
    expected = [Point("loss", None, 1, 0)] if 2 * size + len("loss=1") <= MAX_LINE else []
    assert reader.feed(b"\n") == expected
    assert reader.offset == 4 * size + len("\rloss=1\n")
    reader.feed(b"z" * size * 4 + b"\r")
    assert without_offsets(reader.feed(b"loss=2\n")) == [("loss", None, 2)]


def test_a_log_that_ends_without_a_newline_gives_its_last_line() -> None:
    reader = MetricReader(offset=100)
    assert reader.feed(b"loss=1\nloss=2") == [Point("loss", None, 1, 100)]
    assert reader.offset == 107
    assert reader.finish() == [Point("loss", None, 2, 107)]
    assert reader.offset == 113
    assert reader.finish() == []


# Logs in which everything that could fall on the edge of a chunk is common.
PIECES = st.sampled_from(
    [line.encode() for line, _ in LINES]
    + [line.encode() for line in NOTHING]
    + [b"\n"] * 30
    + [b"\r"] * 10
    + [b"\r\n", b"\b\b\b", b"\x1b[1m", b"\xff", b"\xe2\x82", b"\0", b"Epoch 2/3\n", b"loss", b"0.5"]
)
LOGS = st.lists(PIECES, max_size=25).map(b"".join)
CUTS = st.lists(st.integers(0, 5_000), max_size=12)


def read_in_pieces(log: bytes, cuts: list[int], start: int = 0) -> list[Point]:
    reader = MetricReader(start)
    edges = [0, *sorted(cut % (len(log) + 1) for cut in cuts), len(log)]
    chunks = [log[begin:end] for begin, end in itertools.pairwise(edges)]
    return [point for chunk in chunks for point in reader.feed(chunk)] + reader.finish()


@settings(deadline=None)
@given(LOGS, CUTS)
@example(b"loss=1" + b" " * MAX_LINE + b"\rloss=2\n", [MAX_LINE + 7])
# What cannot be seen hides the second name from the search for lines.
@example(b"loss: 1\rlo\0ss: 2\n", [9])
@example(b"loss\r5: 2 lo\0ss: 3\n", [6])
def test_any_chunks_give_the_same_points(log: bytes, cuts: list[int]) -> None:
    assert repr(read_in_pieces(log, cuts)) == repr(read(log))


@settings(deadline=None)
@given(LOGS, CUTS, st.integers(0, 2**40))
def test_each_point_knows_where_its_line_begins(log: bytes, cuts: list[int], start: int) -> None:
    for point in read_in_pieces(log, cuts, start):
        place = point.offset - start
        assert place == 0 or log[place - 1 : place] == b"\n"
        line = log[place:].partition(b"\n")[0]
        assert point.name in {found.name for found in read(line)}


@settings(deadline=None)
@given(LOGS)
def test_a_reader_that_goes_on_at_the_unfinished_line_misses_none(log: bytes) -> None:
    first = MetricReader()
    points = first.feed(log)
    second = MetricReader(first.offset)
    rest = second.feed(log[first.offset :] + b"\n")
    assert [point.offset for point in points + rest] == [
        point.offset for point in read(log + b"\n")
    ]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_points_that_can_be_kept(log: bytes) -> None:
    for point in read(b"loss=1 step 3: " + log):
        assert 0 < len(point.name) <= MAX_NAME
        assert point.step is None or math.isfinite(point.step)


NAMES = """
loss val_loss loss_1 Acc@1 top-5 mAP@0.5 recall@100 F1 r2 error ERROR score lr learning_rate rate
norm step epoch train Test x v2 kl_div rouge1 grad entropy is was it tensor 12 ep
"""
BETWEEN = (
    *(
        "=",
        ":",
        ": ",
        " : ",
        " = ",
        "|",
        " | ",
        " ",
        "  ",
        "\t",
        "\t\t",
        " is ",
        " was ",
        "': ",
        "' ",
    ),
    *('": "', ":'", "(", " (", " (%): ", "= tensor(", ": array(", ": np.float64(", " at step 3: "),
)
NUMBERS = """
0 1 12 0.5 .5 -0.5 +2 1e-5 1. nan NaN inf -inf Infinity 1,000 10/20 3/0 97% 0x7f 12:30 2024-05-01
5s 1.2.3
"""
AROUND = st.sampled_from(
    ["", " ", ", ", "; ", " - ", "\t", " | ", ")", "'", "]", "}", ": ", " words ", " * ", "{'"]
)
PAIRS = st.tuples(
    AROUND,
    st.sampled_from(NAMES.split()),
    st.sampled_from(BETWEEN),
    st.sampled_from(NUMBERS.split()),
    AROUND,
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PAIRS.map("".join), max_size=3))
def test_no_line_with_a_metric_is_passed_over(parts: list[str]) -> None:
    line = "".join(parts)
    found, _ = findings(line, None)
    # A line of its own before it, in case a search looked beyond the line.
    points = read(b"nothing\n" + line.encode() + b"\n")
    assert repr(without_offsets(points)) == repr([tuple(item) for item in found])


KERAS = b"""\
Epoch 3/10
5/5 - 0s - loss: 0.5
"""


def test_after_a_leap_nothing_is_said_of_an_epoch_that_is_not_known() -> None:
    reader = MetricReader()
    assert [point.step for point in reader.feed(KERAS)] == [3.0]
    reader.leap(1000)
    found = reader.feed(
        b"2/5 - 0s - loss: 0.4\nstep 7 loss=0.3\nEpoch 8/10\n5/5 - 0s - loss: 0.2\n"
    )
    assert [(point.step, point.value, point.offset) for point in found] == [
        (7.0, 0.3, 1021),
        (8.0, 0.2, 1048),
    ]


def test_after_a_leap_in_a_log_without_epochs_all_is_found() -> None:
    reader = MetricReader()
    reader.feed(b"loss=0.5\n")
    reader.leap(100)
    assert reader.feed(b"loss=0.4\n") == [Point("loss", None, 0.4, 100)]
