"""Somebody removes, cuts or spoils the files of a run: neither it nor the server fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from submarine_jupyter import launch
from tests.server.api import Api, experiment, python, wait_until
from tests.server.servers import serving

from .followed import Followed
from .traces import facts_of, files_of, kill_server, processes_of, supervisor_of, written

# It prints until it is told to end.
PRINT = python(
    "import pathlib, time\n"
    "n = 0\n"
    "while not pathlib.Path('end').exists():\n"
    "    print(n, 'x' * 100, flush=True)\n"
    "    n += 1\n"
    "    time.sleep(0.01)"
)


def log_of(data_dir: Path, identity: str) -> Path:
    return files_of(data_dir, identity).log(f"{identity}-worker-0", 1)


def tell_to_end(data_dir: Path, identity: str) -> None:
    (files_of(data_dir, identity).work / "end").touch()


def printing(api: Api, data_dir: Path) -> str:
    """Return a run that prints."""
    identity = api.create(experiment(PRINT))
    wait_until(lambda: len(written(data_dir, identity)) > 10)
    return identity


def answers_of(api: Api, identity: str) -> list[int]:
    """Return how every route that looks into a run answers."""
    base = f"api/v1/experiment/{identity}"
    log = f"{base}/pods/{identity}-worker-0/log"
    paths = [base, f"{base}/pods", f"{base}/events", f"{base}/files", log, f"{log}/lines"]
    paths += [f"{log}/search?q=x", f"api/v1/experiment/logs/{identity}"]
    return [api.call("GET", path).status_code for path in paths]


def empty(log: Path) -> None:
    log.write_bytes(b"")


def move(log: Path) -> None:
    log.rename(log.with_suffix(".log.1"))


@pytest.mark.parametrize("spoil", [Path.unlink, empty, move], ids=["remove", "empty", "move"])
def test_a_log_that_is_gone_ends_neither_run_nor_server(
    api: Api, data_dir: Path, spoil: Callable[[Path], None]
) -> None:
    identity = printing(api, data_dir)
    run = Followed(identity)
    run.read(api, 0.2)
    spoil(log_of(data_dir, identity))
    assert answers_of(api, identity) == [200] * 8
    assert api.status(identity) == "Running"
    tell_to_end(data_dir, identity)
    assert api.wait_for_end(identity) == "Succeeded"
    run.read_to_end(api)
    assert run.seen[-1].data == {"status": "Succeeded"}
    assert answers_of(api, identity) == [200] * 8


def test_a_log_that_is_gone_keeps_to_its_cap(data_dir: Path) -> None:
    with serving(data_dir, "--log-cap", "20k") as api:
        identity = printing(api, data_dir)
        log_of(data_dir, identity).unlink()
        wait_until(lambda: "dropped" in {fact["fact"] for fact in facts_of(data_dir, identity)})
        tell_to_end(data_dir, identity)
        assert api.wait_for_end(identity) == "Succeeded"


def test_a_run_whose_directory_is_gone_fails(api: Api, data_dir: Path) -> None:
    identity = printing(api, data_dir)
    shutil.rmtree(files_of(data_dir, identity).directory)
    assert api.wait_for_end(identity) == "Failed"
    assert api.events(identity)[-1]["message"] == "its files are gone"
    assert answers_of(api, identity)[:3] == [200] * 3
    wait_until(lambda: not processes_of(identity))


@pytest.mark.parametrize("text", ["", '{"v": 1}'])
def test_a_launch_that_a_power_cut_spoiled_ends_that_run_alone(
    api: Api, data_dir: Path, text: str
) -> None:
    spoiled, whole = printing(api, data_dir), printing(api, data_dir)
    kill_server(data_dir)
    for process in [supervisor_of(data_dir, spoiled), *processes_of(spoiled)]:
        process.kill()
    files_of(data_dir, spoiled).launch.write_text(text)
    again = Api(launch.ensure(data_dir))
    assert again.wait_for_end(spoiled) == "Failed"
    assert again.events(spoiled)[-1]["reason"] == "Unknown"
    assert answers_of(again, spoiled)[:3] == [200] * 3
    assert again.status(whole) == "Running"
    tell_to_end(data_dir, whole)
    assert again.wait_for_end(whole) == "Succeeded"
