"""A deletion that was cut off anywhere is finished, whoever has to do it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
import requests

from submarine_jupyter import launch
from tests.server.api import Api, experiment, python, wait_until

from .traces import directories_of, facts_of, files_of, has_ended, kill_server, processes_of

# It gives a test the two seconds that a deletion leaves to a program.
DEAF = python(
    "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('on')\ntime.sleep(600)"
)


def path_of(identity: str) -> str:
    return f"api/v1/experiment/{identity}"


def is_gone(api: Api, data_dir: Path, identity: str) -> bool:
    return api.call("GET", path_of(identity)).status_code == 404 and not (
        directories_of(data_dir, identity) or processes_of(identity)
    )


def begin_to_delete(api: Api, data_dir: Path) -> str:
    """Return a run that was asked to end, by a server that was killed while it waited for that."""
    identity = api.create(experiment(DEAF))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["on"])
    with ThreadPoolExecutor(1) as threads:
        deletion = threads.submit(Api(api.server).call, "DELETE", path_of(identity))
        wait_until(files_of(data_dir, identity).stop.exists)
        kill_server(data_dir)
        assert isinstance(deletion.exception(), requests.ConnectionError)
    return identity


def test_what_is_being_deleted_cannot_be_changed(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(DEAF))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["on"])
    spec = api.get(identity)["spec"]
    with ThreadPoolExecutor(1) as threads:
        deletion = threads.submit(Api(api.server).call, "DELETE", path_of(identity))
        wait_until(files_of(data_dir, identity).stop.exists)
        assert api.call("PATCH", path_of(identity), json=spec).status_code == 404
        assert deletion.result().status_code == 200
    assert is_gone(api, data_dir, identity)


DELETE_AS_NOBODY = """
import os, sys
from pathlib import Path
from submarine_jupyter.server.submitters.run.directories import ExperimentDirectories
os.getuid() or os.setuid(65534)
ExperimentDirectories(Path(sys.argv[1])).put_aside(sys.argv[2])
"""


def test_directories_that_the_run_has_locked_go_too() -> None:
    with TemporaryDirectory() as place:
        root = Path(place)
        locked = root / "experiment-1" / "output" / "annex" / "objects"
        locked.mkdir(parents=True)
        (locked / "key").touch()
        if os.getuid() == 0:  # whom no mode keeps out
            for path in (root, *root.rglob("*")):
                os.chown(path, 65534, 65534)
        locked.chmod(0o555)
        locked.parent.chmod(0)
        arguments = [sys.executable, "-c", DELETE_AS_NOBODY, place, "experiment-1"]
        subprocess.run(arguments, check=True)
        (aside,) = root.iterdir()
        assert list(aside.iterdir()) == []


def test_the_next_server_finishes_it(api: Api, data_dir: Path) -> None:
    identity = begin_to_delete(api, data_dir)
    again = Api(launch.ensure(data_dir))
    wait_until(lambda: is_gone(again, data_dir, identity))


def test_it_is_tried_again_until_it_can_be_done(api: Api, data_dir: Path) -> None:
    identity = begin_to_delete(api, data_dir)
    # The run shall not be over before there is something in the way.
    (begun,) = (fact for fact in facts_of(data_dir, identity) if fact["fact"] == "supervisor")
    supervisor = psutil.Process(begun["pid"])
    supervisor.suspend()
    again = Api(launch.ensure(data_dir))
    # A directory cannot be renamed to the name of a file.
    obstacle = files_of(data_dir, identity).directory.with_name(f".deleted-{identity}")
    obstacle.touch()
    supervisor.resume()
    wait_until(lambda: facts_of(data_dir, identity)[-1]["fact"] == "end")
    log = data_dir / "server.log"
    wait_until(lambda: "Not a directory" in log.read_text())
    assert again.call("GET", path_of(identity)).status_code == 200
    obstacle.unlink()
    wait_until(lambda: is_gone(again, data_dir, identity))


def test_what_was_put_aside_is_removed_by_the_next_server(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(python("print('done')")))
    api.wait_for_end(identity)
    kill_server(data_dir)
    directory = files_of(data_dir, identity).directory
    directory.rename(directory.with_name(f".deleted-{identity}"))
    again = Api(launch.ensure(data_dir))
    assert is_gone(again, data_dir, identity)


@pytest.mark.parametrize("signal", ["kill", "suspend"])
def test_a_supervisor_that_cannot_help_holds_up_no_deletion(
    api: Api, data_dir: Path, signal: str
) -> None:
    identity = api.create(experiment(DEAF))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["on"])
    (replica,) = processes_of(identity)
    supervisor = psutil.Process(replica.ppid())
    getattr(supervisor, signal)()
    assert api.call("DELETE", path_of(identity)).status_code == 200
    assert is_gone(api, data_dir, identity)
    wait_until(lambda: has_ended(supervisor))
    assert has_ended(replica)
