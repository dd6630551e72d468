from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine_jupyter import launch
from submarine_jupyter.logs.lines import MAX_LINE
from submarine_jupyter.server.logs.index import LogIndexes
from submarine_jupyter.server.logs.lines import Line, LogSnapshot, Place, opened
from submarine_jupyter.server.logs.times import times_of

from .api import Api, experiment, python, wait_until
from .logfiles import LOG, log_of, places, shown
from .servers import serving


def texts(log: LogSnapshot) -> list[str]:
    return [line.text for line in log.lines(0)]


# On files


@given(LOG)
@settings(max_examples=60, deadline=None)
def test_lines_are_where_they_are(content: bytes) -> None:
    with log_of(content) as log:
        found = list(log.lines(0))
        assert [line.place for line in found] == places(content)
        assert log.total() == len(found)
        for line in found:
            assert line.length is not None or line.text == shown(content, line.place)


@given(LOG, st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_line_and_any_byte_is_found_in_any_order(content: bytes, wishes: list[int]) -> None:
    expected = places(content)
    with log_of(content) as log:
        for wish in wishes:
            number = wish % (len(expected) + 1)
            found = [line.place for line in islice(log.lines(number), 2)]
            assert found == expected[number : number + 2]
            for offset in [wish % len(content)] if content else []:
                holding = [place for place in expected if place.offset <= offset < place.end]
                assert [log.line_at(offset)] == holding


@given(LOG)
@settings(max_examples=60, deadline=None)
def test_blocks_are_whole_lines_in_both_directions(content: bytes) -> None:
    edges = {place.end for place in places(content)}
    with log_of(content) as log:
        for blocks in (list(log.blocks(0)), list(log.blocks_backwards(log.end))[::-1]):
            assert {block.end for block in blocks} <= edges
            assert [0, *(block.end for block in blocks)] == [*(b.start for b in blocks), log.end]
            for block in blocks:
                whole = content[block.start : block.end].removesuffix(b"\n")
                assert block.data == whole or (block.data is None and b"\n" not in whole)


@given(st.lists(LOG, min_size=1, max_size=5), st.data())
@settings(max_examples=40, deadline=None)
def test_an_index_grows_with_its_log(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("log") / "1.log"
    indexes = LogIndexes()
    content = b""
    for part in parts:
        with path.open("ab") as file:
            file.write(part)
        content += part
        expected = places(content)
        with opened(path, indexes) as log:
            number = data.draw(st.integers(0, len(expected)))
            offset = expected[number].offset if number < len(expected) else len(content)
            assert log.offset_of(number) == offset
            if data.draw(st.booleans()):
                assert log.total() == len(expected)
    with opened(path, indexes) as log:
        assert [line.place for line in log.lines(0)] == places(content)


def test_a_snapshot_leaves_out_what_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    path.write_bytes(b"one\ntw")
    indexes = LogIndexes()
    with opened(path, indexes) as before:
        with path.open("ab") as file:
            file.write(b"o\nthree\n")
        with opened(path, indexes) as after:
            assert (after.total(), texts(after)) == (3, ["one", "two", "three"])
        assert (before.total(), texts(before)) == (2, ["one", "tw"])
        assert before.line_at(5) == Place(1, 4, 6)


def test_many_may_ask_at_once_while_a_log_grows(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    indexes = LogIndexes()
    part = b"".join(b"line %d\n" % number for number in range(30_000))

    def look(_: int) -> bool:
        with opened(path, indexes) as log:
            total = log.total()
            (last,) = log.lines(total - 1)
            return f"line {(total - 1) % 30_000}".startswith(last.text)

    path.write_bytes(part)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            looks = pool.map(look, range(40))
            with path.open("ab") as file:
                file.write(part)
            assert all(looks)
    with opened(path, indexes) as log:
        assert log.total() == 11 * 30_000


@pytest.mark.parametrize("replacing", [True, False], ids=["another file", "cut short"])
def test_another_log_of_that_name_is_counted_anew(tmp_path: Path, replacing: bool) -> None:
    path = tmp_path / "1.log"
    path.write_bytes(b"a\nb\n" * 50_000)
    indexes = LogIndexes()
    with opened(path, indexes) as log:
        assert log.total() == 100_000
    if replacing:
        (tmp_path / "2.log").write_bytes(b"longer\n" * 100_000)
        (tmp_path / "2.log").replace(path)
    else:
        path.write_bytes(b"longer\n" * 10_000)
    with opened(path, indexes) as log:
        assert log.total() == (100_000 if replacing else 10_000)
        assert next(log.lines(9_999)).text == "longer"


def test_a_log_that_is_cut_short_while_it_is_read_ends_there(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    path.write_bytes(b"a line\n" * 100_000 + b"x" * 200_000 + b"\nlast\n")
    with opened(path, LogIndexes()) as log:
        log.count_to(log.end)
        os.truncate(path, 7)
        assert next(log.lines(0)).text == "a line"
        assert {line.text for line in log.lines(2)} <= {""}
        assert sum(1 for _ in log.blocks(0)) < 100
        assert sum(1 for _ in log.blocks_backwards(log.end)) < 100


def test_only_so_many_indexes_are_kept(tmp_path: Path) -> None:
    indexes = LogIndexes(most=3)
    for number in [0, 1, 2, 3, 0, 4]:
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"line\n" * number)
        with opened(path, indexes) as log:
            assert log.total() == number
    assert len(indexes) == 3


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    with opened(tmp_path / "1.log", LogIndexes()) as log:
        assert (log.total(), texts(log), log.end) == (0, [], 0)


@pytest.mark.parametrize("zeros", [0, 1, 4095])
def test_lines_are_counted_from_the_first_byte_that_is_kept(tmp_path: Path, zeros: int) -> None:
    path = tmp_path / "1.log"
    first = 1024 * 1024 + zeros
    with path.open("wb") as file:
        file.seek(1024 * 1024)  # before that is a hole
        file.write(b"\0" * zeros + b"the oldest\n\0\nthe last")
    with opened(path, LogIndexes()) as log:
        assert log.first == first
        assert texts(log) == ["the oldest", "\0", "the last"]
        assert log.total() == 3
        assert log.line_at(first + 11) == Place(1, first + 11, first + 13)
        assert [block.start for block in log.blocks_backwards(log.end)] == [first]


def test_zeros_that_were_written_are_kept(tmp_path: Path) -> None:
    with log_of(b"\0" * 100_000 + b"\nline\n") as log:
        assert (log.first, log.total()) == (0, 2)


def the_only_line(content: bytes) -> Line:
    with log_of(content) as log:
        (line,) = log.lines(0)
    return line


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_very_long_line_is_cut_at_a_character(end: bytes) -> None:
    line = the_only_line("€".encode() * 50_000 + end)
    assert line.text == "€" * (MAX_LINE // 3)
    assert (line.length, line.skipped) == (150_000 + end.count(b"\r"), 0)


def test_of_a_progress_bar_the_end_is_shown() -> None:
    content = b"".join(b"\r%5d of 20000" % step for step in range(20_001))
    for end in (b"", b"\n", b"\r\n"):
        line = the_only_line(content + end)
        assert line.text.endswith("\r20000 of 20000")
        assert line.text.startswith("1")
        assert line.length is not None
        assert line.skipped + len(line.text) == len(content)
        assert line.length == len(content + end.replace(b"\n", b""))


@pytest.mark.parametrize("size", range(MAX_LINE - 2, MAX_LINE + 4))
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_around_the_limit_a_line_is_whole_or_cut(size: int, end: bytes) -> None:
    line = the_only_line(b"x" * size + end)
    if line.length is None:
        assert line.text == "x" * size
    else:
        assert line.text == "x" * MAX_LINE
        assert line.length >= size


@given(st.lists(st.integers(0, 3), max_size=1000), st.lists(st.integers(0, 1200), max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_time_is_that_of_the_first_growth_beyond(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], offsets: list[int]
) -> None:
    log = tmp_path_factory.mktemp("log") / "1.log"
    size, entries = 0, []
    for number, step in enumerate(steps):
        size += step
        entries.append((size, 1_700_000_000_000 + number))
    index = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    log.with_suffix(".idx").write_bytes(index + b"cut")
    with times_of(log) as times:
        for offset in offsets:
            noted = [when / 1000 for size, when in entries if size >= offset]
            assert times.at(offset) == (noted[0] if noted else None)


# On a server


COUNT = "import time\nfor n in range({count}): print('line', n, flush=True); time.sleep({pause})"


def lines(api: Api, identity: str, **params: Any) -> dict[str, Any]:
    path = f"api/v1/experiment/{identity}/pods/{identity}-worker-0/log/lines"
    found: dict[str, Any] = api.result("GET", path, params=params)
    return found


@pytest.fixture(scope="module")
def finished(shared_api: Api) -> str:
    identity = shared_api.create(experiment(python(COUNT.format(count=30, pause=0.02))))
    assert shared_api.wait_for_end(identity) == "Succeeded"
    return identity


def test_a_run_is_read_by_line_numbers(shared_api: Api, finished: str) -> None:
    found = lines(shared_api, finished, **{"from": 10, "count": 3})
    assert [line["text"] for line in found["lines"]] == ["line 10", "line 11", "line 12"]
    assert [line["number"] for line in found["lines"]] == [10, 11, 12]
    assert (found["pod"], found["attempt"]) == (f"{finished}-worker-0", 1)
    assert (found["from"], found["total"], found["complete"]) == (10, 30, True)
    assert found["firstOffset"] == 0
    assert {(line["length"], line["skipped"]) for line in found["lines"]} == {(None, 0)}


@pytest.mark.parametrize(
    ("params", "first", "count"),
    [
        ({}, 0, 30),
        ({"from": "-5"}, 25, 5),
        ({"from": "-100"}, 0, 30),
        ({"from": "29"}, 29, 1),
        ({"from": "30"}, 30, 0),
        ({"from": "99", "count": "5"}, 99, 0),
        ({"from": str(2**62)}, 2**62, 0),
        ({"count": "0"}, 0, 0),
        ({"attempt": "1", "from": "-1"}, 29, 1),
    ],
)
def test_which_lines_are_given(
    shared_api: Api, finished: str, params: dict[str, str], first: int, count: int
) -> None:
    found = lines(shared_api, finished, **params)
    numbers = [line["number"] for line in found["lines"]]
    assert (found["from"], found["total"], numbers) == (first, 30, [*range(first, first + count)])


def test_times_are_those_of_the_run(shared_api: Api, finished: str) -> None:
    pod = shared_api.pods(finished)["worker-0"]
    times = [line["time"] for line in lines(shared_api, finished)["lines"]]
    read = [datetime.fromisoformat(time) for time in times]
    assert read == sorted(read)
    assert len(set(times)) > 2
    # The supervisor notes the growth when it looks, up to a tick after the pod has ended.
    assert pod["startTime"] <= times[0] <= pod["finishTime"] <= max(times[-1], pod["finishTime"])
    assert {len(time) for time in times} == {len("2026-01-01T00:00:00.000+00:00")}


def test_offsets_are_those_of_the_raw_log(shared_api: Api, finished: str) -> None:
    raw = f"api/v1/experiment/{finished}/pods/{finished}-worker-0/log"
    for line, following in pairwise(lines(shared_api, finished)["lines"]):
        wanted = {"Range": f"bytes={line['offset']}-{following['offset'] - 1}"}
        assert shared_api.call("GET", raw, headers=wanted).text == f"{line['text']}\n"


def test_a_line_is_found_by_any_of_its_bytes(shared_api: Api, finished: str) -> None:
    whole = lines(shared_api, finished)
    for line, following in pairwise(whole["lines"]):
        for offset in (line["offset"], following["offset"] - 1):
            found = lines(shared_api, finished, at=offset, count=1)
            assert found["from"] == line["number"]
            assert found["lines"] == [line]
    behind = lines(shared_api, finished, at=10**9)
    assert (behind["from"], behind["lines"]) == (whole["total"], [])


def test_a_log_grows_and_becomes_complete(shared_api: Api, tmp_path: Path) -> None:
    source = (
        "import os, time\nprint('one\\r\\ntw', end='', flush=True)\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.02)\n"
        "print('o', end='')"
    )
    identity = shared_api.create(experiment(python(source)))
    shared_api.wait_for(identity, "Running")
    wait_until(lambda: lines(shared_api, identity)["total"] == 2)
    found = lines(shared_api, identity)
    assert ([line["text"] for line in found["lines"]], found["complete"]) == (["one", "tw"], False)
    (tmp_path / "go").touch()
    assert shared_api.wait_for_end(identity) == "Succeeded"
    found = lines(shared_api, identity)
    assert ([line["text"] for line in found["lines"]], found["complete"]) == (["one", "two"], True)


def test_each_start_of_a_pod_has_its_lines_from_the_oldest_that_is_kept(data_dir: Path) -> None:
    source = (
        "import time\nfor n in range(30):\n"
        "    print(f'{n:04}\\n' * 4_000, end='', flush=True); time.sleep(0.05)\n"
        "raise SystemExit(1)"
    )
    with serving(data_dir, "--log-cap", "200k", "--backoff-limit", "1") as api:
        identity = api.create(experiment(python(source)))
        assert api.wait_for_end(identity) == "Failed"
        assert api.pods(identity)["worker-0"]["attempt"] == 2
        for attempt in (1, 2):
            found = lines(api, identity, attempt=attempt, count=1)
            (oldest,) = found["lines"]
            assert found["firstOffset"] == oldest["offset"] > 0
            assert (oldest["number"], oldest["text"]) == (0, f"{oldest['offset'] // 20_000:04}")
            assert found["total"] == (600_000 - oldest["offset"]) // 5
            assert (found["attempt"], found["complete"]) == (attempt, True)
        assert found["firstOffset"] == api.pods(identity)["worker-0"]["logFirst"]


def test_an_answer_is_bounded_and_can_be_gone_on_from(shared_api: Api) -> None:
    source = "for n in range(60): print(str(n % 10) * 50_000)"
    identity = shared_api.create(experiment(python(source)))
    assert shared_api.wait_for_end(identity) == "Succeeded"
    first = lines(shared_api, identity, count=60)["lines"]
    assert 1 < len(first) < 60
    assert sum(len(line["text"]) for line in first) < 1.2 * 1024 * 1024
    found = lines(shared_api, identity, **{"from": len(first), "count": 1})["lines"]
    assert found[0]["text"] == str(len(first) % 10) * 50_000


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"from": "x"}, "from"),
        ({"from": "1e3"}, "from"),
        ({"from": "9" * 30}, "from"),
        ({"count": "-1"}, "count"),
        ({"count": "5001"}, "count"),
        ({"attempt": "x"}, "attempt"),
    ],
)
def test_a_wrong_parameter_is_named(
    shared_api: Api, finished: str, params: dict[str, str], named: str
) -> None:
    path = f"api/v1/experiment/{finished}/pods/{finished}-worker-0/log/lines"
    response = shared_api.call("GET", path, params=params)
    assert response.status_code == 400
    assert response.json()["message"].startswith(f"{named}: ")


@pytest.mark.parametrize("view", ["", "/lines", "/search"])
@pytest.mark.parametrize(
    ("pod", "attempt"), [("worker-1", 1), ("..", 1), ("worker-0", 0), ("worker-0", 2)]
)
def test_what_is_not_there_is_not_found(
    shared_api: Api, finished: str, view: str, pod: str, attempt: int
) -> None:
    path = f"api/v1/experiment/{finished}/pods/{finished}-{pod}/log{view}"
    response = shared_api.call("GET", path, params={"attempt": attempt, "q": "x"})
    assert response.status_code == 404
    assert response.json()["success"] is None


def test_a_new_server_counts_again(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(python("for n in range(5): print(n)")))
    assert api.wait_for_end(identity) == "Succeeded"
    assert lines(api, identity)["total"] == 5
    launch.stop(data_dir)
    again = Api(launch.ensure(data_dir))
    found = lines(again, identity, **{"from": "-2"})
    assert [line["text"] for line in found["lines"]] == ["3", "4"]
    assert found["complete"] is True
