"""Whole logs as the API answers them, in pieces, so that no log is ever held in memory."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 256 * 1024


@dataclass(frozen=True)
class WholeLog:
    """The log of a pod: where it is, and which of its bytes are answered."""

    pod: str
    path: Path
    first: int
    end: int


def experiment_log(experiment_id: str, logs: Iterable[WholeLog]) -> Iterator[str]:
    """Yield an ExperimentLog as JSON."""
    yield f'{{"experimentId":{json.dumps(experiment_id)},"logContent":['
    for number, log in enumerate(logs):
        yield f'{"," if number else ""}{{"podName":{json.dumps(log.pod)},"podLog":['
        separator = ""
        for lines in lines_of(log):
            yield separator + json.dumps(lines, separators=(",", ":"))[1:-1]
            separator = ","
        yield "]}"
    yield "]}"


def lines_of(log: WholeLog) -> Iterator[list[str]]:
    r"""Yield the lines of a log, split at `\n` alone, without empty ones at the very end."""
    if log.first:
        yield [f"submarine: the first {log.first} bytes of this log were dropped"]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    begun = ""
    held_back = 0
    for chunk in _chunks(log):
        *lines, begun = (begun + decoder.decode(chunk)).split("\n")
        empty = _empty_at_end(lines)
        if empty < len(lines):
            yield [""] * held_back + lines[: len(lines) - empty]
            held_back = 0
        held_back += empty
    begun += decoder.decode(b"", final=True)
    if begun:
        yield [""] * held_back + [begun]


def _empty_at_end(lines: list[str]) -> int:
    for count, line in enumerate(reversed(lines)):
        if line:
            return count
    return len(lines)


def _chunks(log: WholeLog) -> Iterator[bytes]:
    try:
        descriptor = os.open(log.path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        offset = log.first
        while chunk := os.pread(descriptor, min(_CHUNK, log.end - offset), offset):
            offset += len(chunk)
            yield chunk
    finally:
        os.close(descriptor)
