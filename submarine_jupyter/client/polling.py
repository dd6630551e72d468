"""Following an experiment of a server that has no streams, such as Apache Submarine's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ..errors import NotFound
from .following import Record, experiment_path
from .transport import Transport

_TERMINAL = ("Succeeded", "Failed", "Deleted")


def poll(
    transport: Transport,
    experiment_id: str,
    *,
    interval: float = 2.0,
    deadline: float | None = None,
) -> Iterator[Record]:
    """Yield `status`, `log` and `end` records made from whole answers, asked for again and again.

    The server answers each log whole, so a line that may still grow is held back until another
    follows or the experiment ends. Records have no cursor; `offset` counts the bytes of the lines.

    Raises
    ------
    NotFound
        The server does not know the experiment.
    TimeoutError
        The deadline (`time.monotonic()`) has passed.
    """
    seen: dict[str, tuple[int, int]] = {}
    last: dict[str, Any] | None = None
    while True:
        try:
            experiment = transport.get(experiment_path(experiment_id))
            ended = experiment["status"] in _TERMINAL
            logs = transport.get(experiment_path("logs", experiment_id))
        except NotFound:
            if last is None:
                raise
            yield Record("end", "", {"status": "Deleted"})
            return
        if experiment != last:
            last = experiment
            yield Record("status", "", experiment)
        for entry in logs["logContent"]:
            pod = entry["podName"]
            count, offset = seen.get(pod, (0, 0))
            lines = entry["podLog"] if ended else entry["podLog"][:-1]
            if new := lines[count:]:
                yield Record("log", "", {"pod": pod, "attempt": 1, "offset": offset, "lines": new})
                size = sum(len(line.encode()) + 1 for line in new)
                seen[pod] = (count + len(new), offset + size)
        if ended:
            yield Record("end", "", {"status": experiment["status"]})
            return
        if deadline is not None and time.monotonic() + interval > deadline:
            raise TimeoutError
        time.sleep(interval)
