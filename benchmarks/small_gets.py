"""Small requests to a server that is busy otherwise, by a process of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import cast

import requests

from submarine_jupyter import launch

_PATH = "/api/v1/experiment/ping"
_PAUSE = 0.01
_TIMEOUT = 120


class SmallGets:
    """Asks again and again, between `begin` and `end`."""

    def __init__(self, end: Connection) -> None:
        self._end = end
        self._end.recv()

    def begin(self) -> None:
        """Begin to ask."""
        self._end.send("begin")

    def end(self) -> list[float]:
        """Ask no more; return the seconds that each request took."""
        self._end.send("end")
        return cast("list[float]", self._end.recv())


@contextmanager
def small_gets(server: launch.Server) -> Iterator[SmallGets]:
    """Yield one who is ready to ask; in a thread he would tell how busy this process is."""
    # A fork of a process with threads may hang.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_ask, args=(server.url, server.token, theirs))
    process.start()
    try:
        yield SmallGets(ours)
    finally:
        process.terminate()
        process.join()


def _ask(url: str, token: str, end: Connection) -> None:
    durations = []
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        session.get(url + _PATH, timeout=_TIMEOUT)
        end.send("ready")
        end.recv()
        while not end.poll(_PAUSE):
            begun = time.perf_counter()
            session.get(url + _PATH, timeout=_TIMEOUT)
            durations.append(time.perf_counter() - begun)
    end.send(durations)
