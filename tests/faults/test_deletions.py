"""A deletion that was cut off anywhere is finished, whoever has to do it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
