"""A log of 1 GB: its last bytes, lines by number, search in it, and the memory that takes."""

from __future__ import annotations

import multiprocessing
import os
import random
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from submarine_jupyter import launch

from .measure import (
    Bar,
    Peer,
    Row,
    duration,
    durations,
    percentile,
    running_server,
    temporary_directory,
)

SIZE = 10**9
TAIL = 64 * 1024
_NEEDLE = "The Needle in the middle: größe"
_BLOCK = "".join(
    f"2026-01-01 12:{step // 600:02}:{step // 10 % 60:02},{step % 10}00 INFO trainer: "
    f"step {step} loss={1 / (step + 1):.6f} accuracy={step / 40_000:.4f}\n"
    for step in range(36_000)
)
_EXPERIMENT = {
    "meta": {"name": "log", "framework": "PyTorch", "cmd": "echo short"},
    "environment": {},
    "spec": {"Worker": {"replicas": 1, "resources": "cpu=0.1,memory=64M"}},
}
_TIMEOUT = 60


def measure() -> Iterator[Row]:
    """Measure on a real server, whose finished run gets another log."""
    with temporary_directory() as directory, running_server(directory) as server:
        log = PodLog(server)
        path = next(directory.glob("experiments/*/pods/*/1.log"))
        log.look_at_everything()
        with peak_memory(server.pid) as memory:
            write_log(path)
            yield from _search_at_first(log, path)
            yield from _range(log, path)
            yield from _lines(log, path)
            yield from _searches(log, path)
            yield _small_requests(log)
        grown = (memory.peak - memory.before) / 10**6
        yield Row("memory that the server has taken for all this", grown, "MB", None, Bar(20))


def write_log(path: Path) -> None:
    """Write 1 GB of lines with one needle in the middle, and the times of its growth."""
    block = _BLOCK.encode()
    with path.open("wb") as log, path.with_suffix(".idx").open("wb") as index:
        while log.tell() < SIZE:
            if SIZE // 2 <= log.tell() < SIZE // 2 + len(block):
                log.write(f"{_NEEDLE}\n".encode())
            log.write(block)
            index.write(struct.pack("<QQ", log.tell(), 1_767_268_800_000 + log.tell() // 10_000))
        os.fsync(log)  # else what is measured first waits for the disk


class PodLog:
    """The log of a finished run, as a client sees it."""

    def __init__(self, server: launch.Server) -> None:
        self._server = server
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {server.token}"
        created = self._session.post(self._url("experiment"), json=_EXPERIMENT, timeout=_TIMEOUT)
        self._id = created.json()["result"]["experimentId"]
        while self._result(f"experiment/{self._id}")["status"] not in {"Succeeded", "Failed"}:
            time.sleep(0.05)
        self._path = f"experiment/{self._id}/pods/{self._id}-worker-0/log"

    def look_at_everything(self) -> None:
        """Ask for each view once, so that the server has loaded what it needs."""
        self.tail()
        self.lines(0)
        self.search("short")
        self.search("short", regex=True)

    def tail(self) -> bytes:
        """Return the last bytes."""
        return self._get(self._path, {}, {"Range": f"bytes=-{TAIL}"}).content

    def lines(self, number: int) -> dict[str, Any]:
        """Return 200 lines from a number on, with how many there are."""
        found: dict[str, Any] = self._result(f"{self._path}/lines", {"from": number})
        return found

    def search(self, text: str, *, limit: int = 1, **params: Any) -> list[dict[str, Any]]:
        """Return what is found up to a limit, or all that is there, asking until it is told."""
        found: list[dict[str, Any]] = []
        number: int | None = 0
        while number is not None and len(found) < limit:
            query = {"q": text, "from": number, "limit": limit, **params}
            answer = self._result(f"{self._path}/search", query)
            found += answer["matches"]
            number = answer["next"]
        return found

    def info(self) -> None:
        """Ask for something small."""
        self._get("info")

    def _result(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return self._get(path, params).json()["result"]

    def _get(
        self,
        path: str,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        response = self._session.get(
            self._url(path), params=params, headers=headers, timeout=_TIMEOUT
        )
        response.raise_for_status()
        return response

    def _url(self, path: str) -> str:
        return f"{self._server.url}/api/v1/{path}"


@dataclass
class Memory:
    """Resident memory of a process in bytes: at first, and at most."""

    before: int
    peak: int


@contextmanager
def peak_memory(pid: int) -> Iterator[Memory]:
    """Watch the memory of a process."""
    process = psutil.Process(pid)
    start = process.memory_info().rss
    memory = Memory(start, start)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            memory.peak = max(memory.peak, process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()


def _search_at_first(log: PodLog, path: Path) -> Iterator[Row]:
    """Measure while the server has no index of the log yet."""
    grep = Peer("grep -inm1", duration(lambda: _grep("-inm1", "needle in", path)))
    figure = "first match, in the middle of 1 GB, no line counted yet"
    yield Row(figure, duration(lambda: _find(log, "needle in")), "s", grep, Bar(1))
    count = Peer("wc -l, all of it", duration(lambda: _run("wc", "-l", str(path))))
    figure = "the last 200 lines of 1 GB, half of it not counted yet"
    yield Row(figure, duration(lambda: log.lines(-200)), "s", count, Bar(1))


def _range(log: PodLog, path: Path) -> Iterator[Row]:
    def tail() -> None:
        if len(log.tail()) != TAIL:
            raise ValueError("the range is not the last 64 KiB")

    ours = durations(tail, 1000, warm_up=20)
    theirs = durations(lambda: _run("tail", "-c", str(TAIL), str(path)), 100, warm_up=5)
    for percent, bar in ((50, None), (99, Bar(10))):
        peer = Peer(f"tail -c, p{percent}", percentile(theirs, percent) * 1000)
        figure = f"last 64 KiB of 1 GB by Range, p{percent}"
        yield Row(figure, percentile(ours, percent) * 1000, "ms", peer, bar)


def _lines(log: PodLog, path: Path) -> Iterator[Row]:
    total = log.lines(0)["total"]
    chance = random.Random(0)
    last = durations(lambda: log.lines(-200), 300, warm_up=5)
    yield Row("the last 200 lines of 1 GB, p99", percentile(last, 99) * 1000, "ms")
    anywhere = durations(lambda: log.lines(chance.randrange(total)), 300, warm_up=5)
    middle = str(total // 2)
    sed = durations(lambda: _run("sed", "-n", f"{middle},+200p;{middle}q", str(path)), 3)
    figure = "200 lines anywhere in 1 GB, p99"
    peer = Peer("sed -n, at the middle", percentile(sed, 50) * 1000)
    yield Row(figure, percentile(anywhere, 99) * 1000, "ms", peer)


@dataclass(frozen=True)
class Search:
    """A search of ours, and `grep` with options that make it do the same."""

    figure: str
    text: str
    grep: str
    params: dict[str, Any] = field(default_factory=dict)
    bar: Bar | None = None


# There is no second match to stop at.
_WHOLE = {"limit": 2}
_SEARCHES = (
    Search("first match, in the middle of 1 GB", "needle in", "-inm1", bar=Bar(1)),
    Search("all of 1 GB searched, one match", "needle in", "-ic", _WHOLE),
    Search("the same with regard to case", "Needle in", "-c", {"case": True, **_WHOLE}),
    Search("the same by a pattern", "needle.*dle", "-icE", {"regex": True, **_WHOLE}),
    Search("the same with letters beyond ASCII", "GRÖßE", "-ic", _WHOLE),
)


def _searches(log: PodLog, path: Path) -> Iterator[Row]:
    for each in _SEARCHES:
        ours = durations(lambda: _find(log, each.text, **each.params), 5)  # noqa: B023 - called now
        theirs = durations(lambda: _grep(each.grep, each.text, path), 5)  # noqa: B023
        peer = Peer(f"grep {each.grep}", percentile(theirs, 50))
        yield Row(f"{each.figure}, p50", percentile(ours, 50), "s", peer, each.bar)


def _find(log: PodLog, text: str, **params: Any) -> None:
    (match,) = log.search(text, **params)
    if match["text"] != _NEEDLE:
        raise ValueError(f"{text} was found in {match['text']}")


def _small_requests(log: PodLog) -> Row:
    alone = durations(log.info, 500, warm_up=5)
    with _searching(log):
        busy = durations(log.info, 500, warm_up=5)
    peer = Peer("with no search, p99", percentile(alone, 99) * 1000)
    figure = "small GET while 1 GB is searched, p99"
    return Row(figure, percentile(busy, 99) * 1000, "ms", peer, Bar(50))


@contextmanager
def _searching(log: PodLog) -> Iterator[None]:
    """Have another process search the log again and again."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_search_for_ever, args=[log])
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _search_for_ever(log: PodLog) -> None:
    while True:
        log.search("no such text")


def _grep(option: str, text: str, path: Path) -> None:
    _run("grep", option, text, str(path))


def _run(*command: str) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
