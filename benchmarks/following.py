"""From the print to the Python client: sparse lines, a burst, the end, and 200 readers at once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shlex
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import aiohttp
import psutil

from submarine_jupyter import launch
from submarine_jupyter.client import ExperimentClient
from submarine_jupyter.client.servers import NamedServer
from submarine_jupyter.logs.sse import SSEParser

from .measure import Bar, Peer, Row, percentile, running_server
from .ray_peer import ray_jobs
from .small_gets import small_gets

SPARSE = 15
BURST = 1_000_000
ENDS = 20
READERS = 200
READER_LINES = 5_000
_TIMEOUT = 120
_PATH = "/api/v1/experiment"

SPARSE_PROGRAM = f"""
import time
for n in range({SPARSE}): print(time.time(), flush=True); time.sleep(2)
"""
_BURST = f"""
import sys, time
print(time.time(), flush=True)
for n in range({BURST} // 1000):
    lines = ["%07d " % (1000 * n + m) + "x" * 91 for m in range(1000)]
    sys.stdout.write("\\n".join(lines) + "\\n")
"""
_END = "import time; print(time.time(), flush=True)"
_STEADY = f"""
import time
begun = time.monotonic()
for n in range({READER_LINES}):
    print(time.time(), flush=True)
    time.sleep(max(0, begun + n / 1000 - time.monotonic()))
"""


def measure() -> Iterator[Row]:
    """Measure our server, then Ray's `tail_job_logs` with the same programs."""
    with running_server() as server:
        client = ExperimentClient(locator=NamedServer(server.url, server.token))
        delays = [now - float(line) for now, line in followed(client, SPARSE_PROGRAM)]
        burst, growth, gets = _burst(server, client)
        ends = [_end_delay(client) for _ in range(ENDS)]
        lags, lost = asyncio.run(_many_readers(server, client))
    with ray_jobs() as ray:
        peer_delays = asyncio.run(ray_delays(ray))
        ray_burst = asyncio.run(_ray_burst(ray))

    peer = Peer("Ray's tail_job_logs, p50", percentile(peer_delays, 50) * 1000)
    sparse = "print to client, a line every 2 s"
    yield Row(f"{sparse}, p50", percentile(delays, 50) * 1000, "ms", peer, Bar(50))
    yield Row(f"{sparse}, p50", percentile(delays, 50) * 1000, "ms", peer, Bar(0.1, of="ratio"))
    yield Row(f"{sparse}, p99", percentile(delays, 99) * 1000, "ms", None, Bar(200))
    peer = Peer("Ray's tail_job_logs", ray_burst)
    figure = f"burst of {BURST:,} lines, each once and in order, to client"
    yield Row(figure, burst, "s", peer, Bar(5))
    yield Row(figure, burst, "s", peer, Bar(0.2, of="ratio"))
    yield Row("server's memory growth in the burst", growth, "MB", None, Bar(64))
    yield Row("small GETs during the burst, p99", percentile(gets, 99) * 1000, "ms", None, Bar(50))
    yield Row("exit to `end` at the client, p99", percentile(ends, 99) * 1000, "ms", None, Bar(300))
    figure = f"{READERS} readers at 1,000 lines/s, one of them frozen, lag p99"
    yield Row(figure, percentile(lags, 99), "s", None, Bar(1))
    yield Row("lines that one of them has lost", lost, "lines", None, Bar(0))


def _spec(program: str) -> dict[str, Any]:
    cmd = shlex.join(["python3", "-S", "-c", program])
    meta = {"name": "follows", "framework": "TensorFlow", "cmd": cmd}
    task = {"replicas": 1, "resources": "cpu=1,memory=512M"}
    return {"meta": meta, "environment": {}, "spec": {"Worker": task}}


def followed(client: ExperimentClient, program: str) -> Iterator[tuple[float, str]]:
    """Yield the lines of a run, each with the time at which the client has it."""
    for line in client.submit(_spec(program)).logs(follow=True):
        yield time.time(), line


def _burst(server: launch.Server, client: ExperimentClient) -> tuple[float, float, list[float]]:
    """Return the seconds to the last line, the server's growth in MB, and the GETs' durations."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    with small_gets(server) as gets:
        followed = iter(client.submit(_spec(_BURST)).logs(follow=True))
        first = float(next(followed))
        gets.begin()
        found = _digest(islice(followed, BURST))
        last = time.time()
        durations = gets.end()
    growth = process.memory_info().rss - before
    if found != _digest(f"{number:07d} " + "x" * 91 for number in range(BURST)):
        raise ValueError("the lines of the burst are not those that were written")
    if list(followed):
        raise ValueError("there came more lines than were written")
    return last - first, growth / 1e6, durations


def _digest(lines: Iterable[str]) -> bytes:
    """Hash lines, many at once: the clock is running."""
    digest = hashlib.sha256()
    rest = iter(lines)
    while some := list(islice(rest, 1000)):
        digest.update("\n".join([*some, ""]).encode())
    return digest.digest()


def _end_delay(client: ExperimentClient) -> float:
    """Return the seconds from a program's last instruction to the end of its stream."""
    ((_, line),) = followed(client, _END)
    return time.time() - float(line)


async def _many_readers(server: launch.Server, client: ExperimentClient) -> tuple[list[float], int]:
    """Return the lags of all lines at all readers, and the most lines that one has lost."""
    experiment = client.submit(_spec(_STEADY))
    url = f"{server.url}{_PATH}/{experiment.id}/stream"
    headers = {"Authorization": f"Bearer {server.token}"}
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        headers=headers, timeout=timeout, connector=connector
    ) as session:
        frozen = await session.get(url)  # nobody reads it
        readers = [_lags(session, url) for _ in range(READERS - 1)]
        lags = await asyncio.gather(*readers)
        frozen.close()
    fewest = min(len(seen) for seen in lags)
    # Later lines tell of the steady state: before that the readers come one by one.
    settled = [lag for seen in lags for lag in seen[READER_LINES // 5 :]]
    return settled, READER_LINES - fewest


async def _lags(session: aiohttp.ClientSession, url: str) -> list[float]:
    lags: list[float] = []
    parser = SSEParser()
    async with session.get(url) as response:
        async for chunk in response.content.iter_any():
            for message in parser.feed(chunk):
                if message.event == "log":
                    now = time.time()
                    lags += [now - float(line) for line in json.loads(message.data)["lines"]]
                elif message.event == "end":
                    return lags
    return lags


async def ray_delays(ray: Any) -> list[float]:
    """Return the seconds from each print of the sparse program to Ray's `tail_job_logs`."""
    delays: list[float] = []
    job = ray.submit_job(entrypoint=shlex.join(["python3", "-S", "-c", SPARSE_PROGRAM]))
    async for text in ray.tail_job_logs(job):
        now = time.time()
        delays += [now - float(line) for line in text.split() if _is_time(line)]
    return delays


async def _ray_burst(ray: Any) -> float:
    job = ray.submit_job(entrypoint=shlex.join(["python3", "-S", "-c", _BURST]))
    first = 0.0
    async for text in ray.tail_job_logs(job):
        if not first:
            first = next((float(line) for line in text.splitlines() if _is_time(line)), 0.0)
    return time.time() - first


def _is_time(line: str) -> bool:
    return line.startswith("1") and line.replace(".", "", 1).isdecimal() and "." in line
