"""What the extension adds to a call, beside jupyter-server-proxy in the same Jupyter Server."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from submarine_jupyter import launch
from submarine_jupyter.client import ExperimentClient
from submarine_jupyter.client.servers import NamedServer
from submarine_jupyter.logs.sse import SSEParser

from .measure import Bar, Peer, Row, duration, percentile, running_server, temporary_directory

CALLS = 1_500
LINES = 600_000
ROUNDS = 3
_PING = "api/v1/experiment/ping"
_TOKEN = "benchmark"
_TIMEOUT = 120

_WRITE = f"""
import sys
for n in range({LINES} // 1000):
    lines = ["%07d " % (1000 * n + m) + "x" * 91 for m in range(1000)]
    sys.stdout.write("\\n".join(lines) + "\\n")
"""


def measure() -> Iterator[Row]:
    """Measure the same server directly, through the extension and through the proxy."""
    with (
        temporary_directory() as data_dir,
        running_server(data_dir) as server,
        running_jupyter(data_dir) as jupyter,
    ):
        yield from _latencies(server, jupyter)
        client = ExperimentClient(locator=NamedServer(server.url, server.token))
        identity = client.submit(_spec()).wait(_TIMEOUT).id
        yield from _throughputs(server, jupyter, identity)


def _latencies(server: launch.Server, jupyter: str) -> Iterator[Row]:
    port = urlsplit(server.url).port
    own = {"Authorization": f"Bearer {server.token}"}
    # The proxy keeps Jupyter's, which the server would refuse.
    host = {"Host": urlsplit(server.url).netloc}
    # The proxy passes the server's token on, so that Jupyter's has to stand in the address.
    query = f"token={_TOKEN}"
    calls = {
        "direct": _caller(server.url, f"/{_PING}", own),
        "ours": _caller(jupyter, f"/submarine/{_PING}?{query}", {}),
        "proxy": _caller(jupyter, f"/proxy/{port}/{_PING}?{query}", own | host),
    }
    for call in calls.values():
        for _ in range(50):
            call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(CALLS):
        for name, call in calls.items():
            seconds[name].append(duration(call))
    middle = {name: percentile(values, 50) * 1000 for name, values in seconds.items()}
    peer = Peer("jupyter-server-proxy", middle["proxy"] - middle["direct"])
    added = middle["ours"] - middle["direct"]
    yield Row("small GET without either, p50", middle["direct"], "ms")
    yield Row("added to a small GET, p50", added, "ms", peer, Bar(0.45, of="ratio"))


def _throughputs(server: launch.Server, jupyter: str, identity: str) -> Iterator[Row]:
    path = f"api/v1/experiment/{identity}/stream"
    own = {"Authorization": f"Bearer {server.token}"}
    users = {"Authorization": f"token {_TOKEN}"}
    readers: dict[str, Callable[[], Coroutine[Any, Any, int]]] = {
        "direct": lambda: _read_events(f"{server.url}/{path}", own),
        "page": lambda: _read_page(jupyter, identity, users),
        "relayed": lambda: _read_events(f"{jupyter}/submarine/{path}", users),
    }
    best = dict.fromkeys(readers, 0.0)
    for _ in range(ROUNDS):
        for name, read in readers.items():
            begun = time.perf_counter()
            lines = asyncio.run(read())
            if lines != LINES:
                raise ValueError(f"{lines} of {LINES} lines came ({name})")
            best[name] = max(best[name], LINES * 100 / 1e6 / (time.perf_counter() - begun))
    peer = Peer("the same without the extension", best["direct"])
    bar = Bar(0.8, "at least", of="ratio")
    yield Row("stream to a page, by the WebSocket", best["page"], "MB/s", peer, bar)
    yield Row("stream as events, relayed", best["relayed"], "MB/s", peer, bar)


def _spec() -> dict[str, object]:
    cmd = shlex.join(["python3", "-S", "-c", _WRITE])
    meta = {"name": "writes", "framework": "TensorFlow", "cmd": cmd}
    task = {"replicas": 1, "resources": "cpu=1,memory=512M"}
    return {"meta": meta, "environment": {}, "spec": {"Worker": task}}


def _caller(url: str, path: str, headers: Mapping[str, str]) -> Callable[[], None]:
    """Return what sends one GET over a connection that stays open."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call() -> None:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise ValueError(f"{path}: {response.status} {body[:200]!r}")

    return call


async def _read_events(url: str, headers: Mapping[str, str]) -> int:
    lines = 0
    parser = SSEParser()
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    async with (
        aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
        session.get(url) as response,
    ):
        async for chunk in response.content.iter_any():
            for message in parser.feed(chunk):
                if message.event == "log":
                    lines += len(json.loads(message.data)["lines"])
                elif message.event == "end":
                    break
    return lines


async def _read_page(jupyter: str, identity: str, headers: Mapping[str, str]) -> int:
    lines = 0
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{jupyter}/submarine/stream", max_msg_size=0) as socket,
    ):
        await socket.send_json({"op": "subscribe", "id": "1", "experiment": identity})
        async for frame in socket:
            message = json.loads(frame.data)
            if message["event"] == "log":
                lines += len(message["data"]["lines"])
            elif message["event"] == "end":
                break
            await socket.send_json({"op": "ack", "id": "1", "bytes": len(frame.data)})
    return lines


@contextmanager
def running_jupyter(data_dir: Path) -> Iterator[str]:
    """Yield the address of a Jupyter Server with both extensions, nothing of the user's in it.

    Parameters
    ----------
    data_dir
        Of the server that is its embedded one.
    """
    with temporary_directory() as directory:
        config = {
            "ServerApp": {
                "jpserver_extensions": {"jupyter_server_proxy": True, "submarine_jupyter": True}
            },
            "IdentityProvider": {"token": _TOKEN},
        }
        file = directory / "jupyter_server_config.json"
        file.write_text(json.dumps(config))
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                _command(directory), env=_environment(directory, data_dir), stdout=log, stderr=log
            )
        try:
            yield _address(directory, process)
        finally:
            process.terminate()
            process.wait(_TIMEOUT)


def _command(directory: Path) -> list[str]:
    options = ["--no-browser", "--allow-root", "--port=0", f"--ServerApp.root_dir={directory}"]
    return [sys.executable, "-m", "jupyter_server", *options]


def _environment(directory: Path, data_dir: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(directory),
        "JUPYTER_CONFIG_DIR": str(directory),
        "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
        "SUBMARINE_DATA_DIR": str(data_dir),
    }


def _address(directory: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        for file in (directory / "runtime").glob("jpserver-*.json"):
            # It is there before it is whole, and before anybody listens.
            with suppress(ValueError, OSError):
                url: str = json.loads(file.read_text())["url"]
                socket.create_connection((urlsplit(url).hostname, urlsplit(url).port or 80)).close()
                return url.rstrip("/")
        time.sleep(0.1)
    said = (directory / "log").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"Jupyter Server did not start: {said[-2000:]}")
