"""Connections that break anywhere, dribble or freeze: the client has every line once all the same.

The same for pages, behind the extension, is in `tests/extension/test_hub.py`.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from submarine_jupyter.client import ExperimentClient, following
from submarine_jupyter.client.servers import NamedServer
from tests.server.api import Api, experiment, python

from .tcp import Fate, tcp_proxy

COUNT = 3_000
WRITE = python(
    "import sys, time\n"
    f"for n in range({COUNT}):\n"
    "    print(f'line {n:05} é', 'x' * 60)\n"
    "    if n % 20 == 0: sys.stdout.flush(); time.sleep(0.02)"
)
EXPECTED = [f"line {number:05} é {'x' * 60}" for number in range(COUNT)]

# It follows a run and then says how many lines it has seen, each once and in order.
FOLLOW = """
import sys
from submarine_jupyter.client import ExperimentClient, following
from submarine_jupyter.client.servers import NamedServer
client = ExperimentClient(locator=NamedServer(sys.argv[1], sys.argv[2]))
followed = client.experiment(sys.argv[3]).logs(follow=True)
lines = [next(followed)]
print("begun", flush=True)
lines += followed
assert lines == [f"line {number:05} é {'x' * 60}" for number in range(int(sys.argv[4]))]
"""


def lines_through(api: Api, fates: Callable[[int], Fate]) -> tuple[list[str], int]:
    """Return the lines that a client sees through bad connections, and how many it took."""
    identity = api.create(experiment(WRITE))
    with tcp_proxy(api.server.url, fates) as proxy:
        client = ExperimentClient(locator=NamedServer(proxy.url, api.server.token))
        lines = [str(line) for line in client.experiment(identity).logs(follow=True)]
        client.close()
        return lines, proxy.connections


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_connections_that_end_anywhere(
    api: Api, reset: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_LONGEST_PAUSE", 0.3)
    chance = random.Random(7)

    def fate(number: int) -> Fate:
        # By the first one the client asks what the server can do; the next end within the head of
        # the answer, and within the first records.
        if number == 0:
            return Fate(cut_after=5_000)
        if number > 9:
            return Fate()
        return Fate(chance.randrange(1, 1500 if number < 5 else 40_000), reset)

    lines, connections = lines_through(api, fate)
    assert lines == EXPECTED
    assert connections > 4


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_an_answer_that_breaks_off_is_asked_for_again(api: Api, reset: bool) -> None:
    identity = api.create(experiment(python("print('ok')")))
    api.wait_for_end(identity)
    whole = len(api.call("GET", f"api/v1/experiment/{identity}").content)
    # Within the head, at its end, within the body, and just before the last byte.
    for cut in (1, 50, whole // 2, whole, whole + 100):
        fates = [Fate(cut, reset), Fate(cut, reset), Fate()]
        with tcp_proxy(api.server.url, fates.__getitem__) as proxy:
            client = ExperimentClient(locator=NamedServer(proxy.url, api.server.token))
            assert client.get_experiment(identity)["experimentId"] == identity
            assert proxy.connections == 3
            client.close()


def test_a_connection_that_dribbles(api: Api) -> None:
    lines, _ = lines_through(api, lambda _: Fate(slow_bytes=3_000, pause=0.001))
    assert lines == EXPECTED


@pytest.mark.long
def test_a_connection_of_a_byte_a_second(api: Api) -> None:
    lines, connections = lines_through(
        api, lambda number: Fate(slow_bytes=40 if number < 2 else 0, pause=1.0)
    )
    assert lines == EXPECTED
    assert connections < 10


@contextmanager
def frozen(process: psutil.Process, seconds: float) -> Iterator[None]:
    """Freeze a process now, and have it go on after some time."""
    process.send_signal(signal.SIGSTOP)
    thaw = threading.Timer(seconds, process.send_signal, [signal.SIGCONT])
    thaw.start()
    try:
        yield
    finally:
        thaw.join()
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("seconds", [3.0, pytest.param(60.0, marks=pytest.mark.long)])
def test_a_server_that_freezes(api: Api, seconds: float) -> None:
    identity = api.create(experiment(WRITE))
    client = ExperimentClient(locator=NamedServer(api.server.url, api.server.token))
    followed = client.experiment(identity).logs(follow=True)
    seen = [str(next(followed)) for _ in range(200)]
    with frozen(psutil.Process(api.server.pid), seconds):
        seen += map(str, followed)
    assert seen == EXPECTED
    assert client.experiment(identity).status == "Succeeded"


@pytest.mark.parametrize("count", [4, pytest.param(200, marks=pytest.mark.long)])
def test_a_reader_that_freezes_among_many(api: Api, count: int) -> None:
    identity = api.create(experiment(WRITE))
    arguments = [api.server.url, api.server.token or "", identity, str(COUNT)]
    command = [sys.executable, "-c", FOLLOW, *arguments]

    def read() -> list[str]:
        client = ExperimentClient(locator=NamedServer(api.server.url, api.server.token))
        lines = [str(line) for line in client.experiment(identity).logs(follow=True)]
        client.close()
        return lines

    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as frozen_one,
        ThreadPoolExecutor(count - 1) as others,
    ):
        assert frozen_one.stdout is not None
        assert frozen_one.stdout.readline() == b"begun\n"
        frozen_one.send_signal(signal.SIGSTOP)
        try:
            reads = [others.submit(read) for _ in range(count - 1)]
            assert all(each.result(100) == EXPECTED for each in reads)
            assert frozen_one.poll() is None
        finally:
            frozen_one.send_signal(signal.SIGCONT)
        assert frozen_one.wait(60) == 0
