"""What all benchmarks share: the rows they yield, and the server they measure."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from submarine_jupyter import launch


@dataclass(frozen=True)
class Bar:
    """What a figure is held to.

    Attributes
    ----------
    limit
        In the row's unit; of a ratio, how many times the peer's value.
    kind
        Whether the figure may reach it at most, or must at least.
    of
        Whether it is about our own value or about its ratio to the peer's.
    """

    limit: float
    kind: Literal["at most", "at least"] = "at most"
    of: Literal["ours", "ratio"] = "ours"


@dataclass(frozen=True)
class Peer:
    """What our value is put beside: its name, and its value in the same unit."""

    name: str
    value: float


@dataclass(frozen=True)
class Row:
    """One figure of a benchmark.

    Attributes
    ----------
    figure
        What was measured, with its size: `summary page of 100 out of 10,000, p99`.
    ours, unit
        Our value.
    peer
        Who does the same, where there is one.
    bar
        What our value, or its ratio, is held to; None when it is only told.
    """

    figure: str
    ours: float
    unit: str
    peer: Peer | None = None
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """Our value as a multiple of the peer's."""
        return self.ours / self.peer.value if self.peer and self.peer.value else None

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is met; None without a bar, or without a ratio that it is about."""
        value = self.ours if self.bar is None or self.bar.of == "ours" else self.ratio
        if self.bar is None or value is None:
            return None
        return value <= self.bar.limit if self.bar.kind == "at most" else value >= self.bar.limit


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which `percent` of 100 of the values lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def durations(call: Callable[[], object], count: int, warm_up: int = 0) -> list[float]:
    """Return how many seconds each of `count` calls took, after some that are not counted."""
    for _ in range(warm_up):
        call()
    return [duration(call) for _ in range(count)]


def duration(call: Callable[[], object]) -> float:
    """Return how many seconds a call took."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Yield a directory that is removed in the end, also when a run still writes to it."""
    with tempfile.TemporaryDirectory(
        prefix="submarine-bench-", ignore_cleanup_errors=True
    ) as directory:
        yield Path(directory)


@contextmanager
def running_server(directory: Path | None = None) -> Iterator[launch.Server]:
    """Yield a real experiment server, in `directory` or in a fresh one; stop it in the end."""
    if directory is None:
        with temporary_directory() as fresh, running_server(fresh) as server:
            yield server
        return
    try:
        yield launch.ensure(directory)
    finally:
        launch.stop(directory)
