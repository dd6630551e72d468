"""Experiments on Ray: from the submit to the first line, and from the print to the client."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from submarine_jupyter import launch
from submarine_jupyter.client import ExperimentClient
from submarine_jupyter.client.servers import NamedServer

from .following import SPARSE_PROGRAM, followed, ray_delays
from .measure import Bar, Peer, Row, percentile, temporary_directory
from .ray_peer import ray_jobs
from .starting_runs import ray_starts

STARTS = 5
_TELL_TIME = "import time; print(time.time(), flush=True)"
_START_TIMEOUT = 60.0


def measure() -> Iterator[Row]:
    """Measure our server on a Ray cluster, then that cluster's own job API."""
    with ray_jobs() as jobs:
        with _server_on_ray() as server:
            client = ExperimentClient(locator=NamedServer(server.url, server.token))
            starts = [_start(client) for _ in range(STARTS)]
            delays = [now - float(line) for now, line in followed(client, SPARSE_PROGRAM)]
        peer_starts = ray_starts(jobs)
        peer_delays = asyncio.run(ray_delays(jobs))
    peer = Peer("Ray's job API", percentile(peer_starts, 50))
    figure = "on Ray: submit to the first line at the client, p50"
    yield Row(figure, percentile(starts, 50), "s", peer, Bar(0.5, of="ratio"))
    peer = Peer("Ray's tail_job_logs, p50", percentile(peer_delays, 50) * 1000)
    figure = "on Ray: print to client, a line every 2 s, p50"
    yield Row(figure, percentile(delays, 50) * 1000, "ms", peer, Bar(200))
    yield Row(figure, percentile(delays, 50) * 1000, "ms", peer, Bar(0.2, of="ratio"))


def _start(client: ExperimentClient) -> float:
    """Return the seconds from a submit to the first line."""
    begun = time.monotonic()
    next(followed(client, _TELL_TIME))
    return time.monotonic() - begun


@contextmanager
def _server_on_ray() -> Iterator[launch.Server]:
    import ray

    address = ray.get_runtime_context().gcs_address
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
    with temporary_directory() as directory:
        command += ["--data-dir", str(directory), "--submitter", "ray", "--ray-address", address]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + _START_TIMEOUT
            while (server := launch.find(directory)) is None and time.monotonic() < deadline:
                time.sleep(0.05)
            if server is None:
                raise TimeoutError("the server on Ray did not start")
            try:
                yield server
            finally:
                process.terminate()
