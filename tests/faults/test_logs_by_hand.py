"""Somebody cuts, removes or rotates a log while it is followed: the stream says so and goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter import launch
from submarine_jupyter.client import ExperimentClient
from submarine_jupyter.client.servers import NamedServer
from tests.server.api import Api, StreamEvent, experiment, python, wait_until

from .traces import files_of, kill_server

# It prints the next numbers whenever a file tells it how far, and ends at a hundred.
COUNT = python(
    "import pathlib, time\n"
    "n = 0\n"
    "while n < 100:\n"
    "    wanted = pathlib.Path('wanted')\n"
    "    until = int(wanted.read_text() or 0) if wanted.exists() else 0\n"
    "    while n < until:\n"
    "        print(f'line {n:03}', flush=True)\n"
    "        n += 1\n"
    "    time.sleep(0.005)"
)

# It logs 59 steps, and one more when a file lets it.
TRAIN = python(
    "import pathlib, time\n"
    "for step in range(1, 60): print(f'step {step} loss={1 / step:.3f}', flush=True)\n"
    "while not pathlib.Path('go').exists(): time.sleep(0.005)\n"
    "print('step 60 loss=0.01', flush=True)"
)


class Counting:
    """A run that counts as far as it is told to."""

    def __init__(self, api: Api, data_dir: Path) -> None:
        self.id = api.create(experiment(COUNT))
        self.log = files_of(data_dir, self.id).log(f"{self.id}-worker-0", 1)
        self._wanted = files_of(data_dir, self.id).work / "wanted"
        wait_until(self.log.exists)

    def count_to(self, number: int) -> None:
        new = self._wanted.with_suffix(".new")
        new.write_text(str(number))
        new.rename(self._wanted)

    def count_in_log_to(self, number: int) -> None:
        self.count_to(number)
        wait_until(lambda: f"line {number - 1:03}" in self.log.read_text())


def lines(*numbers: int) -> list[str]:
    return [f"line {number:03}" for number in numbers]


def read_until(records: Any, line: str, seen: list[StreamEvent]) -> None:
    for record in records:
        seen.append(record)
        if record.event == "log" and line in record.data["lines"]:
            return


def marks(seen: list[StreamEvent]) -> list[str]:
    return [record.data["reason"] for record in seen if record.event == "event"][-1:]


def texts(seen: list[StreamEvent]) -> list[str]:
    return [text for record in seen if record.event == "log" for text in record.data["lines"]]


def cut_by_copy(log: Path) -> None:
    shutil.copy(log, log.with_suffix(".1"))
    os.truncate(log, 0)


def rotate(log: Path) -> None:
    log.rename(log.with_suffix(".1"))
    log.touch()


def test_a_log_that_is_cut_is_followed_from_its_beginning(api: Api, data_dir: Path) -> None:
    run = Counting(api, data_dir)
    records = api.follow(run.id)
    run.count_to(40)
    seen: list[StreamEvent] = []
    read_until(records, "line 039", seen)
    cut_by_copy(run.log)
    run.count_to(60)
    read_until(records, "line 059", seen)
    assert marks(seen) == ["LogCut"]
    anew = next(record for record in seen if record.data.get("anew"))
    assert (anew.data["offset"], anew.data["lines"]) == (0, [])
    # It grows beyond where it was, and is cut once more.
    run.count_to(90)
    read_until(records, "line 089", seen)
    cut_by_copy(run.log)
    run.count_to(100)
    seen += records
    assert texts(seen) == lines(*range(100))
    assert seen[-1].data == {"status": "Succeeded"}
    again = list(api.follow(run.id, after=anew.cursor))
    assert texts(again) == lines(*range(90, 100))


def test_a_log_that_is_cut_and_as_long_again_is_noticed(api: Api, data_dir: Path) -> None:
    run = Counting(api, data_dir)
    records = api.follow(run.id)
    run.count_to(10)
    seen: list[StreamEvent] = []
    read_until(records, "line 009", seen)
    whole = run.log.read_text()
    run.log.write_text(whole.replace("line", "LINE") + "LINE 010\n")
    read_until(records, "LINE 010", seen)
    assert marks(seen) == ["LogCut"]
    assert texts(seen) == [*lines(*range(10)), *(f"LINE {number:03}" for number in range(11))]
    run.count_to(100)
    seen += records
    assert texts(seen)[-90:] == lines(*range(10, 100))


@pytest.mark.parametrize("spoil", [Path.unlink, rotate], ids=["removed", "rotated"])
def test_a_log_that_is_gone_is_followed_to_its_end(
    api: Api, data_dir: Path, spoil: Callable[[Path], None]
) -> None:
    run = Counting(api, data_dir)
    records = api.follow(run.id)
    run.count_to(40)
    seen: list[StreamEvent] = []
    read_until(records, "line 039", seen)
    spoil(run.log)
    for record in records:
        seen.append(record)
        if record.event == "event":
            break
    assert marks(seen) == ["LogGone"]
    run.count_to(100)
    seen += records
    assert texts(seen) == lines(*range(100))
    assert [record.data["reason"] for record in seen if record.event == "event"].count(
        "LogGone"
    ) == 1


def test_who_comes_back_to_a_log_that_was_cut_is_told(api: Api, data_dir: Path) -> None:
    run = Counting(api, data_dir)
    run.count_in_log_to(50)
    seen: list[StreamEvent] = []
    read_until(api.follow(run.id), "line 049", seen)
    kill_server(data_dir)
    cut_by_copy(run.log)
    run.count_in_log_to(60)
    again = Api(launch.ensure(data_dir)).follow(run.id, after=seen[-1].cursor)
    read_until(again, "line 059", seen)
    assert marks(seen) == ["LogCut"]
    run.count_to(100)
    seen += again
    assert texts(seen) == lines(*range(100))


def test_the_client_goes_on_after_a_cut(api: Api, data_dir: Path) -> None:
    run = Counting(api, data_dir)
    client = ExperimentClient(locator=NamedServer(api.server.url, api.server.token))
    followed = client.experiment(run.id).logs(follow=True)
    run.count_to(30)
    seen = [next(followed) for _ in range(30)]
    os.truncate(run.log, 0)
    run.count_to(100)
    assert [*seen, *followed] == lines(*range(100))


def test_a_series_begins_again_with_a_log_that_was_cut_short(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(TRAIN))
    found: list[dict[str, Any]] = []
    for record in api.follow(identity):
        if record.event != "metric":
            continue
        found.append(record.data)
        if record.data["points"][-1][0] == 59:
            files = files_of(data_dir, identity)
            os.truncate(files.log(f"{identity}-worker-0", 1), 0)
            (files.work / "go").touch()
    assert found[0]["points"][0][0] == 1
    assert "cuts" not in found[0]
    assert found[-1]["points"] == [[60, 0.01, 0]]
    assert found[-1]["cuts"] == 1
    (kept,) = api.result("GET", f"api/v1/experiment/{identity}/metrics")
    assert kept["points"] == [[60, 0.01, 0]]
