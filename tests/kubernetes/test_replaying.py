"""Logs that are read again after an interruption: nothing lost, nothing twice, gaps marked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from submarine_jupyter.server.submitters.kubernetes.replaying import GAP, ReplayedLog

from .double.logs import stamp_of

BEGIN = 1767225600 * 10**9
SECOND = 10**9
Lines = list[tuple[int, bytes]]


def feed(log: ReplayedLog, lines: Lines, *, chunk: int = 3) -> None:
    for start in range(0, len(lines), chunk):
        for when, line in lines[start : start + chunk]:
            log.take(stamp_of(when) + b" " + line)
        log.note()


def since(lines: Lines, asked: str | None) -> Lines:
    """Return what a cluster would send when it is asked from a second on."""
    if asked is None:
        return lines
    moment = int(datetime.strptime(asked, "%Y-%m-%dT%H:%M:%S%z").timestamp()) * SECOND
    return [(when, line) for when, line in lines if when >= moment]


def content(directory: Path) -> bytes:
    return (directory / "pods" / "a" / "1.log").read_bytes()


def reopened(directory: Path) -> ReplayedLog:
    return ReplayedLog(directory, "a", 1, 1024**3)


# Few different lines and times, so that equal ones meet.
line = st.sampled_from([b"a\n", b"b\n", b"ab\n", b"\n", b"x\ry\n", b"caf\xe9 \xff\n"])
step = st.sampled_from([0, 0, 1, SECOND // 3, SECOND, 5 * SECOND])
printed = st.lists(st.tuples(step, line), min_size=1, max_size=40)


@settings(deadline=None, max_examples=150)
@given(
    printed=printed,
    cuts=st.lists(st.integers(0, 40), max_size=4),
    lost_bytes=st.lists(st.integers(0, 6), min_size=4, max_size=4),
    drops_index=st.booleans(),
    chunk=st.integers(1, 7),
)
@example(
    # A line of a second that the index does not know yet, and another after it.
    printed=[(0, b"a\n"), (SECOND, b"b\n"), (0, b"ab\n")],
    cuts=[2],
    lost_bytes=[0] * 4,
    drops_index=True,
    chunk=1,
)
@example(
    # The last nanosecond of a second is none of the next.
    printed=[(SECOND - 1, b"a\n"), (0, b"a\n")],
    cuts=[1],
    lost_bytes=[0] * 4,
    drops_index=False,
    chunk=1,
)
def test_interruptions_lose_and_repeat_nothing(  # noqa: PLR0917
    tmp_path_factory: object,
    printed: list[tuple[int, bytes]],
    cuts: list[int],
    lost_bytes: list[int],
    drops_index: bool,
    chunk: int,
) -> None:
    directory: Path = tmp_path_factory.mktemp("log")  # type: ignore[attr-defined]
    when, lines = BEGIN, []
    for passed, text in printed:
        when += passed
        lines.append((when, text))
    for cut, lost in zip([*sorted(cuts), len(lines)], [*lost_bytes, 0], strict=False):
        log = reopened(directory)
        feed(log, since(lines[:cut], log.resume()), chunk=chunk)
        log.close()
        if cut < len(lines):
            # A crash may leave the last line cut short, or its time not noted.
            place = directory / "pods" / "a" / "1.log"
            index = place.with_suffix(".idx")
            noted = int.from_bytes(index.read_bytes()[-16:-8], "little")
            if drops_index and index.stat().st_size >= 16:
                index.write_bytes(index.read_bytes()[:-16])
            elif place.stat().st_size - lost >= noted:
                place.write_bytes(place.read_bytes()[: place.stat().st_size - lost])
    log = reopened(directory)
    feed(log, since(lines, log.resume()), chunk=chunk)
    assert content(directory) == b"".join(text for _, text in lines)
    assert not log.has_gap


def test_lines_that_a_rotation_took_are_marked_once(tmp_path: Path) -> None:
    lines = [(BEGIN + number * SECOND, b"%d\n" % number) for number in range(10)]
    log = reopened(tmp_path)
    log.resume()
    feed(log, lines[:4])
    log.resume()
    # The node has dropped up to line 6: nobody knows what came between.
    feed(log, lines[7:])
    assert log.has_gap
    assert content(tmp_path) == b"0\n1\n2\n3\n" + GAP + b"7\n8\n9\n"
    log = reopened(tmp_path)
    feed(log, since(lines, log.resume()))
    assert content(tmp_path).count(GAP) == 1
    assert content(tmp_path).endswith(b"9\n")


def test_a_rotation_within_the_last_second_loses_nothing_that_is_there(tmp_path: Path) -> None:
    lines = [(BEGIN + number, b"%d\n" % number) for number in range(6)]
    log = reopened(tmp_path)
    log.resume()
    feed(log, lines[:4])
    log.resume()
    feed(log, lines[2:])
    assert content(tmp_path) == b"0\n1\n2\n3\n4\n5\n"
    assert not log.has_gap


def test_a_last_line_without_a_newline_goes_on(tmp_path: Path) -> None:
    log = reopened(tmp_path)
    log.resume()
    feed(log, [(BEGIN, b"50%")])
    log.resume()
    feed(log, [(BEGIN, b"50% done\n"), (BEGIN + SECOND, b"end")])
    assert content(tmp_path) == b"50% done\nend"


def test_what_is_no_line_of_the_container_is_left_out(tmp_path: Path) -> None:
    log = reopened(tmp_path)
    log.resume()
    log.take(b"unable to retrieve container logs for containerd://1")
    feed(log, [(BEGIN, b"here\n")])
    assert content(tmp_path) == b"here\n"


def test_times_are_those_of_the_node(tmp_path: Path) -> None:
    log = reopened(tmp_path)
    log.resume()
    feed(log, [(BEGIN, b"a\n"), (BEGIN + 7 * SECOND, b"b\n")])
    index = (tmp_path / "pods" / "a" / "1.idx").read_bytes()
    entries = [int.from_bytes(index[place + 8 : place + 16], "little") for place in (0, 16)]
    assert entries == [BEGIN // 10**6, (BEGIN + 7 * SECOND) // 10**6]
