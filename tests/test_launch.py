"""Finding, starting and stopping the embedded server."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from submarine_jupyter import launch
from submarine_jupyter.datadir import ServerFile
from submarine_jupyter.errors import ServerUnavailable


def test_nothing_is_found_where_nothing_runs(data_dir: Path) -> None:
    assert launch.find() is None
    assert launch.known_server_id() is None
    assert launch.stop() is False


def test_ensure_starts_once_and_find_finds_it(data_dir: Path) -> None:
    server = launch.ensure()
    assert launch.find() == server
    assert launch.ensure() == server
    assert psutil.Process(server.pid).terminal() is None


def test_a_start_is_announced_and_a_server_that_runs_is_not(data_dir: Path) -> None:
    said: list[str] = []

    @contextmanager
    def notice() -> Iterator[None]:
        assert launch.find() is None
        said.append("starting")
        yield
        assert launch.find() is not None
        said.append("started")

    server = launch.ensure(notice=notice)
    assert launch.ensure(notice=notice) == server
    assert said == ["starting", "started"]


def test_many_starters_make_one_server(data_dir: Path) -> None:
    found: list[launch.Server] = []
    starters = [threading.Thread(target=lambda: found.append(launch.ensure())) for _ in range(6)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert len(found) == 6
    assert len({server.pid for server in found}) == 1


def test_a_stopped_server_is_known_by_its_id_and_comes_back_under_it(data_dir: Path) -> None:
    first = launch.ensure()
    assert launch.stop() is True
    assert launch.find() is None
    assert launch.known_server_id() == first.server_id
    assert launch.ensure().server_id == first.server_id


@pytest.mark.parametrize("change", [{"started": "1"}, {"boot": "another"}, {"pid": 2**22 - 1}])
def test_a_stranger_with_the_servers_pid_is_never_taken_for_it(
    data_dir: Path, change: dict[str, object]
) -> None:
    data_dir.mkdir()
    file = ServerFile.of_this_process("http://127.0.0.1:1", "", "0", "id")
    file.write(data_dir)
    assert launch.find() is not None
    written = json.loads((data_dir / "server.json").read_text()) | change
    (data_dir / "server.json").write_text(json.dumps(written))
    assert launch.find() is None
    assert launch.stop() is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}'])
def test_a_damaged_server_file_counts_as_none(data_dir: Path, text: str) -> None:
    data_dir.mkdir()
    (data_dir / "server.json").write_text(text)
    assert launch.find() is None


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "experiments").write_text("a file where a directory must be")
    with pytest.raises(ServerUnavailable, match=r"the experiment server did not start: .*exists"):
        launch.ensure(tmp_path)


def test_the_server_outlives_its_starter_and_forgets_its_kernel(data_dir: Path) -> None:
    program = "from submarine_jupyter import launch; print(launch.ensure().pid)"
    env = {**os.environ, "MPLBACKEND": "module://inline", "JPY_PARENT_PID": "1"}
    pid = int(subprocess.check_output([sys.executable, "-c", program], env=env))
    process = psutil.Process(pid)
    assert process.is_running()
    assert not {"MPLBACKEND", "JPY_PARENT_PID"} & process.environ().keys()


@pytest.fixture
def network_data_dir(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Yield a data directory that the system tells every process lies on a network."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "sitecustomize.py").write_text(
        "import psutil\n"
        "_real = psutil.disk_partitions(all=True)\n"
        f"_remote = _real[0]._replace(mountpoint={str(data_dir)!r}, fstype='nfs4')\n"
        "psutil.disk_partitions = lambda all: [*_real, _remote]\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{code}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    real = psutil.disk_partitions(all=True)
    remote = real[0]._replace(mountpoint=str(data_dir), fstype="nfs4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [*real, remote])  # noqa: A006 - psutil's name
    yield data_dir
    launch.stop(data_dir)


def test_on_a_network_file_system_each_host_has_a_server_of_its_own(
    network_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = launch.ensure()
    assert launch.find() == server
    own = network_data_dir / "hosts" / platform.node()
    here = {path.name for path in own.iterdir()}
    assert {"server.json", "token", "experiments.db", "server.log"} <= here
    assert {path.name for path in network_data_dir.iterdir()} == {"hosts", "experiments"}
    with closing(sqlite3.connect(own / "experiments.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(platform, "node", lambda: "another")
        assert launch.find() is None
        assert launch.known_server_id() is None
        assert launch.stop() is False
    assert launch.stop() is True
