"""Log lines of pods, kept ones and new ones, without ever holding a whole log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..logs.lines import LineSplitter
from .following import Record, experiment_path
from .transport import Call, chunks_of

if TYPE_CHECKING:
    from .client import ExperimentClient

_CHUNK = 256 * 1024
_LONGEST = 1024 * 1024


class LogLine(str):
    """A line of a log, without its newline, that knows where it is from.

    Attributes
    ----------
    pod
        Name of the pod.
    """

    __slots__ = ("pod",)

    pod: str

    @classmethod
    def of(cls, pod: str, text: str) -> LogLine:
        """Make a line of a pod."""
        line = cls(text)
        line.pod = pod
        return line


def lines_of(records: Iterable[Record], pod: str | None = None) -> Iterator[LogLine]:
    """Yield the lines of a stream's records; pieces of long lines come joined up to 1 MiB."""
    pieces: dict[str, str] = {}
    for record in records:
        if record.event != "log" or (pod is not None and record.data["pod"] != pod):
            continue
        name = str(record.data["pod"])
        texts = list(record.data["lines"])
        if record.data.get("anew") and name in pieces:
            yield LogLine.of(name, pieces.pop(name))
        if texts and name in pieces:
            texts[0] = pieces.pop(name) + texts[0]
        if texts and record.data.get("continued") and len(texts[-1]) < _LONGEST:
            pieces[name] = texts.pop()
        # Written out here, since there may be a million of them.
        for text in texts:
            line = LogLine(text)
            line.pod = name
            yield line
    for name, text in pieces.items():
        yield LogLine.of(name, text)


def kept_lines(
    client: ExperimentClient, experiment_id: str, pod: str | None, tail: int | None
) -> Iterator[LogLine]:
    """Yield the lines there are now, pod after pod."""
    if not client.has_feature("raw-log"):
        yield from _answered_lines(client, experiment_id, pod, tail)
        return
    path = experiment_path(experiment_id, "pods")
    for entry in client.transport.get(path):
        if pod is None or entry["name"] == pod:
            texts = texts_of(client, experiment_id, entry, tail)
            yield from (LogLine.of(entry["name"], text) for text in texts)


def _answered_lines(
    client: ExperimentClient, experiment_id: str, pod: str | None, tail: int | None
) -> Iterator[LogLine]:
    answer = client.transport.get(experiment_path("logs", experiment_id))
    for entry in answer["logContent"]:
        if pod is None or entry["podName"] == pod:
            for text in _last(entry["podLog"], tail):
                yield LogLine.of(entry["podName"], text)


def texts_of(
    client: ExperimentClient, experiment_id: str, entry: dict[str, Any], tail: int | None
) -> Iterator[str]:
    """Yield the lines that are kept of one pod, whose `entry` is that of the list of pods."""
    first, size = int(entry.get("logFirst") or 0), int(entry.get("logSize") or 0)
    if size == first or tail == 0:
        return
    if tail is None:
        yield from _read(client, experiment_id, entry["name"], first, size)
        return
    length = _CHUNK
    while True:
        start = max(size - length, first)
        texts = list(_read(client, experiment_id, entry["name"], start, size))
        # The first line of a part is seldom whole.
        if start == first or len(texts) > tail:
            yield from _last(texts, tail)
            return
        length *= 4


def _read(
    client: ExperimentClient, experiment_id: str, pod: str, start: int, end: int
) -> Iterator[str]:
    """Yield the lines in a range of bytes, decoded."""
    splitter = LineSplitter(start, max_line=_LONGEST)
    path = experiment_path(experiment_id, "pods", pod, "log")
    part = {"Range": f"bytes={start}-{end - 1}"}
    response = client.transport.open(Call(path=path, headers=part))
    with response:
        for chunk in chunks_of(response, _CHUNK):
            for lines in splitter.feed(chunk):
                yield from lines.texts
        for lines in splitter.finish():
            yield from lines.texts


def _last(texts: list[str], count: int | None) -> list[str]:
    return texts if count is None else texts[len(texts) - min(count, len(texts)) :]
