"""The disk of the data directory is full for a while: nothing is invented, and nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import launch
from submarine_jupyter.errors import ServerUnavailable
from tests.server.api import Api, experiment, python, wait_until

from .traces import (
    directories_of,
    end_runs,
    facts_of,
    files_of,
    has_ended,
    kill_server,
    processes_of,
    supervisor_of,
)

SIZE = 2 * 1024 * 1024
BALLAST = SIZE // 2
# It prints until that fails, and says nothing of it.
NOISY = python(
    "import os, sys\n"
    "try:\n"
    "    while True: os.write(1, b'x' * 1023 + b'\\n')\n"
    "except OSError:\n"
    "    sys.exit(3)"
)
# It ends when it is told to.
QUIET = "sh -c 'until [ -e {} ]; do sleep 0.05; done'"
FULL = "The disk that holds the experiments is full; free some space."


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a small disk of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    directory = tmp_path / "disk"
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield directory
    end_runs(directory)
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.fixture
def data_dir(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a data directory on the small disk, half of which something else takes."""
    directory = disk / "submarine"
    monkeypatch.setenv("SUBMARINE_DATA_DIR", str(directory))
    (disk / "ballast").write_bytes(bytes(BALLAST))
    yield directory
    launch.stop(directory)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Return the file, on another disk, that tells a quiet run to end."""
    return tmp_path / "told"


def free(directory: Path) -> int:
    return shutil.disk_usage(directory).free


def fill(disk: Path) -> None:
    """Take all the room that is left."""
    with (disk / "rest").open("ab") as rest, contextlib.suppress(OSError):
        while True:
            os.write(rest.fileno(), bytes(512))


@contextlib.contextmanager
def kept_full(disk: Path) -> Iterator[None]:
    """Take all the room that is left, and at once whatever becomes free."""
    done = threading.Event()

    def keep() -> None:
        while not done.wait(0.001):
            fill(disk)

    fill(disk)
    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def make_room(disk: Path) -> None:
    for name in ("ballast", "rest"):
        (disk / name).unlink(missing_ok=True)


def path_of(identity: str) -> str:
    return f"api/v1/experiment/{identity}"


def check_store(data_dir: Path) -> None:
    with contextlib.closing(sqlite3.connect(data_dir / "experiments.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def check_facts(data_dir: Path, identity: str) -> None:
    """Check that nothing is missing in a journal, and that no line of it is cut."""
    kinds = ["supervisor", "launched", "start", "exit", "gone", "end"]
    assert [fact["fact"] for fact in facts_of(data_dir, identity)] == kinds
    for line in files_of(data_dir, identity).facts.read_text().splitlines():
        json.loads(line)


def test_everything_goes_on_when_there_is_room_again(
    api: Api, disk: Path, data_dir: Path, told: Path
) -> None:
    quiet = api.create(experiment(QUIET.format(told)))
    api.wait_for(quiet, "Running")
    noisy = api.create(experiment(NOISY))
    wait_until(lambda: free(disk) == 0 and not processes_of(noisy))
    told.touch()
    wait_until(lambda: not processes_of(quiet))

    # Nobody can note how they have ended, so nobody says that they have.
    listed = {each["experimentId"]: each["status"] for each in api.result("GET", path_of(""))}
    assert listed[quiet] == "Running"
    assert listed[noisy] in {"Accepted", "Created", "Running"}
    assert len(api.lines(noisy)["worker-0"]) > 100
    assert api.events(quiet)[-1]["reason"] == "Running"
    assert api.pods(quiet)["worker-0"]["state"] == "Running"
    for _ in range(3):
        refused = api.call("POST", "api/v1/experiment", json=experiment("true"))
        assert refused.status_code == 507
        envelope = refused.json()
        assert (envelope["code"], envelope["status"]) == (507, "INSUFFICIENT_STORAGE")
        assert (envelope["message"], envelope["result"]) == (FULL, None)

    make_room(disk)
    assert api.wait_for_end(quiet) == "Succeeded"
    assert api.wait_for_end(noisy) == "Failed"
    assert api.pods(noisy)["worker-0"]["exitCode"] == 3
    assert api.pods(noisy)["worker-0"]["logSize"] == 1024 * len(api.lines(noisy)["worker-0"])
    later = api.create(experiment(python("print('later')")))
    assert api.wait_for_end(later) == "Succeeded"
    assert api.lines(later) == {"worker-0": ["later"]}
    for identity in (quiet, noisy, later):
        check_facts(data_dir, identity)
        reasons = [event["reason"] for event in api.events(identity) if event["kind"] == "status"]
        assert reasons[:-1] == ["Accepted", "Created", "Running"]
    check_store(data_dir)


def test_a_full_disk_can_be_freed_by_deleting(api: Api, disk: Path, data_dir: Path) -> None:
    finished = api.create(experiment(python("print('x' * 200_000)")))
    api.wait_for_end(finished)
    endless = api.create(
        experiment(
            python(
                "import os, time\n"
                "while True:\n"
                "    try: os.write(1, b'x' * 1024)\n"
                "    except OSError: time.sleep(0.05)"
            )
        )
    )
    wait_until(lambda: free(disk) == 0)
    supervisor = supervisor_of(data_dir, endless)
    assert api.call("DELETE", path_of(endless)).status_code == 200
    assert has_ended(supervisor)
    fill(disk)
    assert free(disk) == 0
    assert api.call("DELETE", path_of(finished)).status_code == 200
    assert free(disk) > 150_000
    for identity in (finished, endless):
        assert api.call("GET", path_of(identity)).status_code == 404
        assert not directories_of(data_dir, identity)
        assert not processes_of(identity)
    check_store(data_dir)


def test_a_stop_that_finds_no_room_is_refused(
    api: Api, disk: Path, data_dir: Path, told: Path
) -> None:
    identity = api.create(experiment(QUIET.format(told)))
    api.wait_for(identity, "Running")
    fill(disk)
    refused = api.call("POST", f"{path_of(identity)}/stop")
    assert (refused.status_code, refused.json()["message"]) == (507, FULL)
    assert api.status(identity) == "Running"
    make_room(disk)
    api.result("POST", f"{path_of(identity)}/stop")
    assert api.wait_for_end(identity) == "Failed"


def test_a_lost_run_is_ended_and_told_once_there_is_room(
    api: Api, disk: Path, data_dir: Path, told: Path
) -> None:
    identity = api.create(experiment(QUIET.format(told)))
    api.wait_for(identity, "Running")
    fill(disk)
    supervisor_of(data_dir, identity).kill()
    wait_until(lambda: not processes_of(identity))
    assert api.status(identity) == "Running"
    make_room(disk)
    assert api.wait_for_end(identity) == "Failed"
    assert api.events(identity)[-1]["reason"] == "Unknown"
    check_store(data_dir)


def test_a_server_starts_on_a_full_disk_and_goes_on(
    api: Api, disk: Path, data_dir: Path, told: Path
) -> None:
    identity = api.create(experiment(QUIET.format(told)))
    api.wait_for(identity, "Running")
    kill_server(data_dir)
    fill(disk)
    again = Api(launch.ensure(data_dir))
    told.touch()
    wait_until(lambda: not processes_of(identity))
    assert again.status(identity) == "Running"
    assert again.call("POST", "api/v1/experiment", json=experiment("true")).status_code == 507
    make_room(disk)
    assert again.wait_for_end(identity) == "Succeeded"
    check_facts(data_dir, identity)
    check_store(data_dir)


def test_a_server_that_finds_no_room_for_its_store_says_so(
    api: Api, disk: Path, data_dir: Path
) -> None:
    identity = api.create(experiment("true"))
    api.wait_for_end(identity)
    kill_server(data_dir)
    # It has to be written again before the store can be read.
    (data_dir / "experiments.db-shm").unlink()
    full = r"the disk that holds .* is full; free some space"
    with kept_full(disk), pytest.raises(ServerUnavailable, match=full):
        launch.ensure(data_dir)
    make_room(disk)
    assert Api(launch.ensure(data_dir)).status(identity) == "Succeeded"
    check_store(data_dir)
