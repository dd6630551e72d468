"""When the unfinished line of a log is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from submarine_jupyter.server.streams.tails import PodTail

BEFORE = "first\n"


class Growing:
    """A log that grows, and its tail."""

    def __init__(self, path: Path, written: str = "") -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8", newline="")
        self._file.write(written)
        self._file.flush()
        self.tail = PodTail(path, "worker-0", 1, 0)
        self.lines: list[str] = []
        self.read()

    def write(self, text: str) -> None:
        """Write, and have the tail read it."""
        self._file.write(text)
        self._file.flush()
        self.read()

    def read(self) -> None:
        self.lines += [line for lines in self.tail.read() for line in lines.texts]


@pytest.mark.parametrize("written", ["", BEFORE])
def test_a_line_that_is_ended_at_once_is_never_told_in_part(tmp_path: Path, written: str) -> None:
    log = Growing(tmp_path / "log", written)
    for now in (100.0, 200.0):  # whatever came before
        assert log.tail.new_partial(now) is None
        log.write("half")
        assert log.tail.new_partial(now + 50) is None
        assert log.tail.has_partial
        log.write(" and half\n")
        assert log.tail.new_partial(now + 50.1) is None
        assert not log.tail.has_partial
    assert log.lines[-2:] == ["half and half"] * 2


def test_a_line_that_stays_unfinished_is_told_as_it_grows(tmp_path: Path) -> None:
    log = Growing(tmp_path / "log", BEFORE)
    log.write("10 %")
    assert log.tail.new_partial(100.0) is None
    assert log.tail.new_partial(100.2) == "10 %"
    assert log.tail.new_partial(101.0) is None
    log.write("\r20 %")
    assert log.tail.new_partial(101.0) == "20 %"
    log.write("\r30 %")
    assert log.tail.new_partial(101.1) is None
    assert log.tail.new_partial(101.2) == "30 %"


def test_what_was_told_is_told_again_of_the_next_line(tmp_path: Path) -> None:
    log = Growing(tmp_path / "log")
    for now in (100.0, 101.0):
        log.write("same")
        assert log.tail.new_partial(now) is None
        assert log.tail.new_partial(now + 0.2) == "same"
        log.write("\n")
