"""Whole logs in pieces are what they would be in one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.server.logs import whole
from submarine_jupyter.server.logs.whole import WholeLog, experiment_log, lines_of


def written(directory: Path, content: bytes, first: int = 0) -> WholeLog:
    path = directory / "1.log"
    path.write_bytes(content)
    return WholeLog("worker-0", path, first, len(content))


@given(st.binary(max_size=400).map(lambda noise: noise.replace(b"\x01", b"\n")), st.integers(1, 9))
def test_pieces_make_the_lines_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, chunk: int
) -> None:
    log = written(tmp_path_factory.mktemp("log"), content)
    expected = content.decode("utf-8", "replace").split("\n")
    while expected and not expected[-1]:
        expected.pop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "_CHUNK", chunk)
        assert [line for lines in lines_of(log) for line in lines] == expected
        document = json.loads("".join(experiment_log("experiment-1-0001", [log, log])))
    entry = {"podName": "worker-0", "podLog": expected}
    assert document == {"experimentId": "experiment-1-0001", "logContent": [entry, entry]}


def test_a_log_that_was_never_written_has_no_lines(tmp_path: Path) -> None:
    log = WholeLog("worker-0", tmp_path / "1.log", 0, 0)
    assert list(lines_of(log)) == []


def test_what_was_dropped_is_said(tmp_path: Path) -> None:
    log = written(tmp_path, b"\0\0\0\nkept\n", first=4)
    assert list(lines_of(log)) == [
        ["submarine: the first 4 bytes of this log were dropped"],
        ["kept"],
    ]


def test_what_is_written_meanwhile_waits_for_the_next_time(tmp_path: Path) -> None:
    log = written(tmp_path, b"one\n")
    with log.path.open("ab") as file:
        file.write(b"two\n")
    assert list(lines_of(log)) == [["one"]]
