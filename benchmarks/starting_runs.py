"""From the submit to the first instruction: one run, fifty at once; and what they cost."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import requests

from submarine_jupyter import launch

from .measure import Bar, Peer, Row, percentile, running_server
from .ray_peer import ray_jobs

ONE_BY_ONE = 20
AT_ONCE = 50
RAY_JOBS = 3
_PATH = "/api/v1/experiment"
_TIMEOUT = 60
_TELL_TIME = shlex.join(["python3", "-S", "-c", "import time; print(time.time(), flush=True)"])
_TELL_AND_STAY = shlex.join(
    ["python3", "-S", "-c", "import time; print(time.time(), flush=True); time.sleep(600)"]
)
_BARE = shlex.join(["python3", "-S", "-I", "-c", "import time; time.sleep(600)"])


def measure() -> Iterator[Row]:
    """Measure our server, then Ray's job API."""
    with running_server() as server, _session(server) as session:
        delays = [_delay(server, session) for _ in range(ONE_BY_ONE)]
        last, memory, bare = _fifty(server, session)
    with ray_jobs() as client:
        ray = ray_starts(client)
    peer = Peer("Ray's job API, to the first log line", percentile(ray, 50) * 1000)
    ours = percentile(delays, 50) * 1000
    yield Row("submit to the first instruction, p50", ours, "ms", peer, Bar(70))
    figure = f"{AT_ONCE} submits at once, the last one's first instruction"
    yield Row(figure, last, "s", None, Bar(3))
    peer = Peer("bare python -S -I that sleeps", bare)
    yield Row(f"idle supervisor, PSS each of {AT_ONCE}, median", memory, "MB", peer, Bar(8))


def _session(server: launch.Server) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {server.token}"
    return session


def _spec(cmd: str) -> dict[str, Any]:
    meta = {"name": "starts", "framework": "TensorFlow", "cmd": cmd}
    task = {"replicas": 1, "resources": "cpu=0.02,memory=32M"}
    return {"meta": meta, "environment": {}, "spec": {"Worker": task}}


def _delay(server: launch.Server, session: requests.Session) -> float:
    """Return the seconds from a submit to what the program saw as the time."""
    begun = time.time()
    return _told_time(server, session, _submit(server, session, _TELL_TIME)) - begun


def _submit(server: launch.Server, session: requests.Session, cmd: str) -> str:
    response = session.post(f"{server.url}{_PATH}", json=_spec(cmd), timeout=_TIMEOUT)
    response.raise_for_status()
    return str(response.json()["result"]["experimentId"])


def _told_time(server: launch.Server, session: requests.Session, experiment_id: str) -> float:
    """Return the time that a run has printed, once it has."""
    url = f"{server.url}{_PATH}/logs/{experiment_id}"
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline:
        (pod,) = session.get(url, timeout=_TIMEOUT).json()["result"]["logContent"]
        if pod["podLog"]:
            return float(pod["podLog"][0])
        time.sleep(0.05)
    raise TimeoutError(f"{experiment_id} has printed nothing")


def _fifty(server: launch.Server, session: requests.Session) -> tuple[float, float, float]:
    """Return the last one's delay, and the memory of a supervisor and of a bare interpreter."""
    begun = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(_submit, server, session, _TELL_AND_STAY) for _ in range(AT_ONCE)]
    identities = [job.result() for job in jobs]
    last = max(_told_time(server, session, identity) for identity in identities) - begun
    with psutil.Popen(shlex.split(_BARE)) as bare:
        time.sleep(1)
        memory = percentile([_pss(process) for process in _supervisors(identities)], 50)
        alone = _pss(bare)
        bare.kill()
    for identity in identities:
        session.delete(f"{server.url}{_PATH}/{identity}", timeout=_TIMEOUT)
    return last, memory, alone


def _supervisors(identities: list[str]) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or [""]
        if "supervisor" in " ".join(command) and command[-1].rpartition("/")[2] in identities:
            yield process


def _pss(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 1e6


def ray_starts(client: Any) -> list[float]:
    """Return the seconds from submits to Ray's job API to the first line of their logs."""
    return [_ray_start(client) for _ in range(RAY_JOBS)]


def _ray_start(client: Any) -> float:
    begun = time.monotonic()
    job = client.submit_job(entrypoint=_TELL_TIME)
    while not client.get_job_logs(job).strip():
        if time.monotonic() - begun > _TIMEOUT:
            raise TimeoutError(json.dumps(str(client.get_job_status(job))))
        time.sleep(0.05)
    return time.monotonic() - begun
