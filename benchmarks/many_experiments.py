"""10,000 experiments in the store: start, page, full list, and small requests meanwhile."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from submarine_jupyter import launch
from submarine_jupyter.datadir import make_private
from submarine_jupyter.server.store import Event, Record, Store
from submarine_jupyter.spec import ExperimentSpec, Status

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

COUNT = 10_000
PAGE = {"view": "summary", "limit": "100", "order": "desc"}
_LINE = "for step in range(300): print(f'accuracy at step {step} is {model(step):.4f}')\n"
_CELL = "python -c " + json.dumps(_LINE * (8 * 1024 // len(_LINE)))
_PATH = "/api/v1/experiment"
_TIMEOUT = 60


def measure() -> Iterator[Row]:
    """Measure a store of seed-sized specs, then one in which every second holds a long cell."""
    with temporary_directory() as directory:
        first_answer(directory / "empty")  # the modules are in the page cache from here on
        empty = Peer("with an empty store", first_answer(directory / "fresh"))

        seeds = directory / "seeds"
        fill(seeds, long_cells=False)
        with running_server(seeds) as server:
            yield _full_list(server, "seed-sized specs", Bar(0.4))

        cells = directory / "cells"
        fill(cells, long_cells=True)
        start = first_answer(cells)
        yield Row(f"server start to first answer, {COUNT:,} stored", start, "s", empty, Bar(3))
        with running_server(cells) as server:
            yield _full_list(server, "half with 8 kB cells", None)
            yield _summary_page(server, cells)
            yield _small_requests(server)


def fill(directory: Path, *, long_cells: bool) -> None:
    """Store the experiments, as the service would have it done."""
    store = Store.in_directory(make_private(directory))
    records = (
        _record(number, _CELL if long_cells and number % 2 else "python train.py")
        for number in range(COUNT)
    )
    store.add_all((record, [_accepted(record)]) for record in records)
    store.close()


def first_answer(directory: Path) -> float:
    """Return the seconds from starting a server to its answer to a list."""

    def ask() -> None:
        _get(launch.ensure(directory), "", limit="1")

    try:
        return duration(ask)
    finally:
        launch.stop(directory)


def _full_list(server: launch.Server, specs: str, bar: Bar | None) -> Row:
    result = _get(server, "").json()["result"]
    if len(result) != COUNT:
        raise ValueError(f"{len(result)} experiments are listed, not {COUNT}")
    dumps = min(durations(lambda: json.dumps(result), 5))
    with requests.Session() as session:
        ours = percentile(durations(lambda: _get(server, "", session), 10, warm_up=1), 50)
    peer = Peer("json.dumps of it, in memory", dumps)
    return Row(f"full list of {COUNT:,}, {specs}, p50", ours, "s", peer, bar)


def _summary_page(server: launch.Server, directory: Path) -> Row:
    with requests.Session() as session:
        ours = durations(lambda: _get(server, "", session, **PAGE), 300, warm_up=10)
    with closing(sqlite3.connect(directory / "experiments.db")) as connection:
        plain = durations(lambda: _plain_page(connection), 300, warm_up=10)
    peer = Peer("sqlite3 + json in process, p99", percentile(plain, 99) * 1000)
    return Row("summary page of 100, p99", percentile(ours, 99) * 1000, "ms", peer, Bar(25))


def _plain_page(connection: sqlite3.Connection) -> str:
    rows = connection.execute("SELECT id, spec FROM experiments ORDER BY number DESC LIMIT 100")
    page = []
    for identity, text in rows:
        spec = json.loads(text)
        for part in (spec["meta"], *spec["spec"].values()):
            part.pop("cmd", None)
            part.pop("envVars", None)
        page.append({"experimentId": identity, "spec": spec})
    return json.dumps(page)


def _small_requests(server: launch.Server) -> Row:
    with requests.Session() as session:
        paths = itertools.cycle(
            f"/{_id(number)}{view}" for number in (1, 2) for view in ("", "/events")
        )

        def ask() -> None:
            _get(server, next(paths), session)

        alone = durations(ask, 300, warm_up=20)
        with _lists_running(server):
            busy = durations(ask, 600, warm_up=20)
    peer = Peer("with nothing else asked, p99", percentile(alone, 99) * 1000)
    figure = "small GET while full lists of long cells run, p99"
    return Row(figure, percentile(busy, 99) * 1000, "ms", peer, Bar(50))


@contextmanager
def _lists_running(server: launch.Server) -> Iterator[None]:
    """Have another process ask for the full list again and again."""
    process = multiprocessing.get_context("spawn").Process(target=_list_for_ever, args=[server])
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _list_for_ever(server: launch.Server) -> None:
    with requests.Session() as session:
        while True:
            _get(server, "", session)


def _get(
    server: launch.Server,
    path: str,
    session: requests.Session | None = None,
    **params: str,
) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.token}"}
    response = (session or requests).get(
        f"{server.url}{_PATH}{path}", params=params, headers=headers, timeout=_TIMEOUT
    )
    response.raise_for_status()
    return response


def _record(number: int, cmd: str) -> Record:
    accepted = 1_700_000_000.0 + number
    identity = _id(number)
    return Record(
        id=identity,
        uid=f"cf465781-6310-46d2-92b4-{number:012d}",
        name="tf-mnist-json",
        framework="TensorFlow",
        tags="[]",
        status=Status.SUCCEEDED,
        accepted=accepted,
        created=accepted + 1,
        running=accepted + 2,
        finished=accepted + 3,
        spec=json.dumps(_spec(identity, cmd).to_wire()),
    )


def _accepted(record: Record) -> Event:
    return Event(record.id, record.accepted, "status", Status.ACCEPTED.value)


def _spec(identity: str, cmd: str) -> ExperimentSpec:
    tasks: dict[str, Any] = {
        "Ps": {"replicas": 1, "resources": "cpu=1,memory=1024M"},
        "Worker": {"replicas": 1, "resources": "cpu=1,memory=2048M"},
    }
    meta = {
        "experimentId": identity,
        "name": "tf-mnist-json",
        "framework": "TensorFlow",
        "cmd": cmd,
        "envVars": {"ENV_1": "ENV1"},
    }
    return ExperimentSpec.from_wire({"meta": meta, "environment": {}, "spec": tasks})


def _id(number: int) -> str:
    return f"experiment-1700000000000-{number:04d}"
