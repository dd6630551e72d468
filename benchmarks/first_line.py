"""From Shift-Enter on a cell to the first line of its program in the cell's output."""

from __future__ import annotations

import os
import queue
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from submarine_jupyter import launch

from .measure import Bar, Peer, Row, percentile, temporary_directory

RUNS = 20
COLD_RUNS = 3
_TIMEOUT = 60
_FIRST = "the first line"

# Twenty lines. It works a while after its first, as only the last line of a log is shown.
_PROGRAM = f"""\
import json
import math
import os
import random
import time

print("{_FIRST}", flush=True)
time.sleep(0.3)
random.seed(1)
rate = float(os.environ.get("LR", "0.1"))
points = [(x, 3 * x + random.gauss(0, 0.1)) for x in range(20)]
weight = 0.0
for step in range(10):
    gradient = 0.0
    for x, y in points:
        gradient += (weight * x - y) * x
    weight -= rate * gradient / 10_000
    loss = sum((weight * x - y) ** 2 for x, y in points)
    print("step", step, "loss:", math.sqrt(loss))
print(json.dumps({{"weight": weight, "loss": loss}}))
"""
_OURS = f"%%submarine experiment --wait\n{_PROGRAM}"
_SCRIPT = f"%%script {sys.executable}\n{_PROGRAM}"


def measure() -> Iterator[Row]:
    """Measure a notebook that has run experiments, then fresh ones without a server."""
    with temporary_directory() as directory, _kernel(directory) as kernel:
        for cell in (_OURS, _SCRIPT):
            _seconds_to_first_line(kernel, cell)
        ours = [_seconds_to_first_line(kernel, _OURS) for _ in range(RUNS)]
        script = [_seconds_to_first_line(kernel, _SCRIPT) for _ in range(RUNS)]
    peer = Peer("IPython's %%script python", percentile(script, 50) * 1000)
    yield Row("a cell's first line, p50", percentile(ours, 50) * 1000, "ms", peer, Bar(400))
    cold = [_cold() for _ in range(COLD_RUNS)]
    yield Row("a cell's first line, no server yet", statistics.median(cold), "s", None, Bar(4))


def _cold() -> float:
    with temporary_directory() as directory, _kernel(directory) as kernel:
        return _seconds_to_first_line(kernel, _OURS)


@contextmanager
def _kernel(directory: Path) -> Iterator[Any]:
    """Yield a client of a kernel with the extension loaded; its server is stopped in the end."""
    data = directory / "data"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SUBMARINE_")}
    manager = KernelManager()
    manager.start_kernel(cwd=str(directory), env={**kept, "SUBMARINE_DATA_DIR": str(data)})
    client: Any = manager.blocking_client()  # its type names no methods
    client.start_channels()
    try:
        client.wait_for_ready(timeout=_TIMEOUT)
        client.execute_interactive("%load_ext submarine_jupyter", timeout=_TIMEOUT)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        launch.stop(data)


def _seconds_to_first_line(kernel: Any, cell: str) -> float:
    """Return the seconds until a cell shows the line; the cell has ended then."""
    began = time.perf_counter()
    message_id = kernel.execute(cell)
    shown = None
    while True:
        try:
            message = kernel.get_iopub_msg(timeout=_TIMEOUT)
        except queue.Empty:
            raise TimeoutError("the kernel says nothing") from None
        if message["parent_header"].get("msg_id") != message_id:
            continue
        content = message["content"]
        if message["msg_type"] == "error":
            raise RuntimeError(f"{content['ename']}: {content['evalue']}")
        if shown is None and _FIRST in _text(content):
            shown = time.perf_counter() - began
        if content.get("execution_state") == "idle":
            if shown is None:
                raise RuntimeError("the cell has ended without its first line")
            return shown


def _text(content: dict[str, Any]) -> str:
    """Return what a reader of the plain texts sees of a message."""
    return str(content.get("text") or content.get("data", {}).get("text/plain", ""))
