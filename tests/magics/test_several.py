"""What is done with each of several experiments, also when it fails with one of them."""

from __future__ import annotations

import _thread
import argparse
import threading
from collections.abc import Iterator
from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest

from submarine_jupyter import ExperimentClient
from submarine_jupyter.errors import SubmarineError
from submarine_jupyter.magics.commands.changing import DELETE, STOP
from submarine_jupyter.magics.context import Context
from submarine_jupyter.magics.runs import LiveTable, Runs
from submarine_jupyter.magics.settings import Settings

from ..client.relay import Answer, envelope, serve

IDS = [f"experiment-1-000{number}" for number in (1, 2, 3)]


class Server:
    """A server of three runs, which fails with what is to happen to the second one."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def answer(self, method: str, path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        """Answer as the API does."""
        ident = PurePosixPath(path.removesuffix("/stop")).name
        if ident == "info":
            return envelope({"features": ["stop"], "server": "one"})
        if method != "GET" and ident == IDS[1]:
            return envelope(None, 500, "The disk is full")
        if method != "GET":
            self.ended.append(ident)
        status = "Failed" if ident in self.ended else "Running"
        spec = {"meta": {"name": ident}, "environment": {}, "spec": {}}
        return envelope({"experimentId": ident, "status": status, "spec": spec, "logContent": []})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    with serve(server.answer) as url:
        monkeypatch.setenv("SUBMARINE_URL", url)
        yield server


@pytest.fixture
def context() -> Context:
    return Context(SimpleNamespace(user_ns={}), Settings())


@pytest.mark.parametrize(("command", "done"), [(STOP, "stopped"), (DELETE, "deleted")])
def test_the_others_are_ended_all_the_same(
    server: Server, context: Context, command: object, done: str
) -> None:
    with pytest.raises(SubmarineError) as caught:
        command.run(context, argparse.Namespace(ids=IDS))  # type: ignore[attr-defined]
    assert str(caught.value).startswith(f"1 of 3 are not {done}: {IDS[1]} (The disk is full; ")
    assert server.ended == [IDS[0], IDS[2]]


def test_an_interrupt_stops_what_can_be_stopped_of_a_grid(server: Server, context: Context) -> None:
    client = ExperimentClient()
    table = LiveTable(context, Runs([client.experiment(one) for one in IDS], [{}] * 3), None)
    interrupt = threading.Timer(0.3, _thread.interrupt_main)
    interrupt.start()
    with pytest.raises(SubmarineError, match=f"1 of 3 are not stopped: {IDS[1]}"):
        table.wait("stop")
    assert server.ended == [IDS[0], IDS[2]]


def test_one_alone_says_what_is_wrong_with_it(server: Server, context: Context) -> None:
    with pytest.raises(SubmarineError, match=r"^The disk is full; "):
        STOP.run(context, argparse.Namespace(ids=[IDS[1]]))
    assert server.ended == []
