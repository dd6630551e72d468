"""A server, and a run, that may open few files only: clear errors, and no busy loop."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.server.api import Api, experiment, python, wait_until
from tests.server.servers import serving

from .traces import control_groups_of, processes_of

MOST = 64
FULL = "The server has too many files open; close some pages, or raise its limit."


@pytest.fixture
def api(data_dir: Path) -> Iterator[Api]:
    """Yield the API of a server that may open few files."""
    with serving(data_dir) as served:
        psutil.Process(served.server.pid).rlimit(resource.RLIMIT_NOFILE, (MOST, MOST))
        yield served


@contextmanager
def crowd(api: Api) -> Iterator[None]:
    """Take all the connections that the server can keep open."""
    address = urlsplit(api.server.url)
    assert address.port is not None
    process = psutil.Process(api.server.pid)
    with ExitStack() as held:
        for _ in range(2 * MOST):
            held.enter_context(socket.create_connection((address.hostname, address.port)))
        wait_until(lambda: process.num_fds() >= MOST)
        yield


def test_a_crowd_is_endured(api: Api) -> None:
    identity = api.create(experiment(python("print('before')")))
    assert api.wait_for_end(identity) == "Succeeded"
    with crowd(api):
        # This connection was there before the crowd.
        assert api.status(identity) == "Succeeded"
        refused = api.call("GET", f"api/v1/experiment/logs/{identity}")
        assert (refused.status_code, refused.json()["message"]) == (503, FULL)
        unlucky = api.create(experiment("true"))
        assert api.wait_for_end(unlucky) == "Failed"
        end = api.events(unlucky)[-1]
        assert (end["reason"], "Too many open files" in end["message"]) == ("SubmitFailed", True)
    assert Api(api.server).lines(identity) == {"worker-0": ["before"]}
    later = api.create(experiment(python("print('after')")))
    assert api.wait_for_end(later) == "Succeeded"
    assert api.lines(later) == {"worker-0": ["after"]}


def test_a_crowd_takes_no_processor_time(api: Api) -> None:
    process = psutil.Process(api.server.pid)
    with crowd(api):
        before = sum(process.cpu_times()[:2])
        time.sleep(2)
        assert sum(process.cpu_times()[:2]) - before < 0.5


# The server holds a port a replica, the supervisor two files. It depends on their number whether
# the replica, or its program, is the first to lack one.
@pytest.mark.parametrize(
    ("workers", "reasons"),
    [(40, {"SubmitFailed"}), (32, {"StartFailed", "Error"})],
    ids=["the server", "the supervisor"],
)
def test_a_run_that_needs_more_files_than_there_are_says_so(
    api: Api, workers: int, reasons: set[str]
) -> None:
    identity = api.create(experiment("sleep 600", Worker=workers))
    assert api.wait_for_end(identity) == "Failed"
    end = api.events(identity)[-1]
    assert end["reason"] in reasons
    assert end["message"].endswith("Too many open files")
    assert not processes_of(identity)
    assert not control_groups_of(identity)
    assert api.wait_for_end(api.create(experiment("true"))) == "Succeeded"
