"""Following an experiment of a server without streams: Apache Submarine, as it is documented."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from submarine_jupyter import ExperimentClient
from submarine_jupyter.client import client as client_module
from submarine_jupyter.client.following import Record, View
from submarine_jupyter.errors import ApiError, BadRequest, ExperimentFailed, NotFound, UsageError
from submarine_jupyter.logs.pace import Pace

from ..apache_submarine import ApacheSubmarine, Experiment
from .test_client import spec


def set_pace(monkeypatch: pytest.MonkeyPatch, *usual: float) -> None:
    monkeypatch.setattr(client_module, "Pace", lambda *given: Pace(*(given or usual)))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    set_pace(monkeypatch, 0.02, 0.05)


@pytest.fixture
def version() -> str:
    return "0.8"


@pytest.fixture
def server(version: str) -> Iterator[ApacheSubmarine]:
    with ApacheSubmarine(version).serving() as server:
        yield server


@pytest.fixture
def client(server: ApacheSubmarine) -> Iterator[ExperimentClient]:
    client = ExperimentClient(server.url)
    yield client
    client.close()


def play(records: Iterator[Record], *steps: Callable[[], None]) -> list[Record]:
    """Collect records to their end; after each one with lines or a partial line do a step."""
    waiting = list(steps)
    collected = []
    for record in records:
        collected.append(record)
        if record.event == "log" and waiting:
            waiting.pop(0)()
    assert not waiting
    return collected


def texts(records: list[Record]) -> list[str]:
    return [line for record in records if record.event == "log" for line in record.data["lines"]]


def writer(experiment: Experiment, pod: str, text: str) -> Callable[[], None]:
    def write() -> None:
        experiment.pod(pod).text += text

    return write


def ender(experiment: Experiment, status: str = "Succeeded") -> Callable[[], None]:
    def end() -> None:
        experiment.status = status

    return end


@pytest.mark.parametrize("version", ["0.7", "0.8"])
def test_submitting_and_following(server: ApacheSubmarine, client: ExperimentClient) -> None:
    experiment = client.submit(spec("print(1)"))
    assert "envVars" not in server.sent[0]["meta"]  # it is not on this machine
    run = server.experiments[experiment.id]
    run.status = "Running"
    run.pod("worker-0").text = "first\nsec"
    records = play(
        experiment.records(),
        lambda: None,
        writer(run, "worker-0", "ond\nthird\n"),
        lambda: None,
        writer(run, "worker-0", "a = <b> & 'c'\nend"),
        ender(run),
    )
    assert texts(records) == ["first", "second", "third", "a = <b> & 'c'", "end"]
    assert [record.data["status"] for record in records if record.event == "status"] == [
        "Running",
        "Succeeded",
    ]
    partials = [record.data["partial"] for record in records if "partial" in record.data]
    assert partials == ["sec", "third", "end"]
    assert records[-1].event == "end"
    assert records[-1].data == {"status": "Succeeded"}
    assert experiment.last_status == "Succeeded"
    assert experiment.name == "run"
    # Every record's cursor goes on behind it, here on a log that is whole.
    for number, record in enumerate(records):
        rest = list(client.follow(experiment.id, View(after=record.cursor)))
        assert texts(records[: number + 1] + rest) == texts(records)
        assert rest[-1].event == "end"


def test_lines_of_all_pods_and_of_one(server: ApacheSubmarine, client: ExperimentClient) -> None:
    run = server.submit(ps=1, worker=2)
    for number, end in enumerate(("ps-0", "worker-0", "worker-1")):
        run.pod(end).text = "".join(f"{number}.{line} ü\n" for line in range(5))
    run.status = "Succeeded"
    experiment = client.experiment(run.ident)
    lines = list(experiment.logs(follow=True))
    assert lines == [f"{number}.{line} ü" for number in range(3) for line in range(5)]
    assert lines == list(experiment.logs())
    assert {line.pod for line in lines} == set(run.pods)
    for follow in (True, False):
        assert list(experiment.logs("worker-1", follow=follow)) == lines[10:]
        assert list(experiment.logs("ps-0", tail=2, follow=follow)) == lines[3:5]
        assert list(experiment.logs(tail=0, follow=follow)) == []
    with pytest.raises(UsageError, match="worker-2"):
        experiment.logs("worker-2")


def test_pods_that_come_late_vanish_and_start_again(
    server: ApacheSubmarine, client: ExperimentClient
) -> None:
    run = server.submit(worker=2)
    run.status = "Running"
    zero, one = run.pod("worker-0"), run.pod("worker-1")
    zero.ready = False
    one.text = "one\n"

    def later() -> None:
        zero.ready = True
        zero.text = "a\nb\nc"

    def restart() -> None:
        zero.text = "again\n"

    def vanish() -> None:
        del run.pods[f"{run.ident}-worker-0"]
        run.status = "Succeeded"

    timer = threading.Timer(0.2, later)
    timer.start()
    records = play(
        client.follow(run.ident),
        lambda: None,
        lambda: None,
        restart,
        lambda: None,  # c, the last line of the start before
        vanish,
    )
    timer.join()
    taken = [
        (record.data["pod"][-8:], record.data["attempt"], line)
        for record in records
        if record.event == "log"
        for line in record.data["lines"]
    ]
    assert sorted(taken) == [
        ("worker-0", 1, "a"),
        ("worker-0", 1, "b"),
        ("worker-0", 1, "c"),
        ("worker-0", 2, "again"),
        ("worker-1", 1, "one"),
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        (500, {}, b"oops"),
        (429, {}, b"oops"),
        (404, {"Content-Type": "text/plain"}, b"404 page not found"),
        (400, {}, b"oops"),
        (200, {}, b"{"),
        (200, {"Content-Type": "text/html"}, b"<form>Log in</form>"),
    ],
)
def test_troubles_pass(
    server: ApacheSubmarine, client: ExperimentClient, trouble: tuple[int, dict[str, str], bytes]
) -> None:
    run = server.submit()
    run.status = "Running"
    run.pod("worker-0").text = "a\nb\n"
    records = client.follow(run.ident)
    assert next(records).event == "status"
    assert next(records).data["lines"] == ["a"]
    before = len(server.asked)

    def well_again() -> None:
        while len(server.asked) < before + 3:
            time.sleep(0.01)
        run.pod("worker-0").text += "c\n"
        run.status = "Succeeded"
        server.trouble = None

    server.trouble = lambda: trouble
    healer = threading.Thread(target=well_again, daemon=True)
    healer.start()
    assert texts(list(records)) == ["b", "c"]
    healer.join()


def test_refusals_end_it(server: ApacheSubmarine, client: ExperimentClient) -> None:
    run = server.submit()
    server.trouble = lambda: (403, {}, b"{}")
    with pytest.raises(ApiError, match="403"):
        list(client.follow(run.ident))
    server.trouble = None
    with pytest.raises(NotFound, match="Not found experiment"):
        list(client.follow("experiment-1-0009"))
    with pytest.raises(BadRequest, match="no cursor"):
        list(client.follow(run.ident, View(after="elsewhere")))


def test_waiting(server: ApacheSubmarine, client: ExperimentClient) -> None:
    run = server.submit()
    experiment = client.experiment(run.ident)
    with pytest.raises(TimeoutError, match=r"still Accepted after 0\.2 s; it goes on"):
        experiment.wait(0.2)
    run.status = "Succeeded"
    assert experiment.wait(10).last_status == "Succeeded"
    assert "text/plain" in experiment._repr_mimebundle_()
    run.status = "Failed"
    with pytest.raises(ExperimentFailed, match="ended Failed"):
        experiment.wait(10)
    with pytest.raises(ExperimentFailed, match="ended Failed"):
        experiment.wait(0)


def test_a_deletion_ends_it(server: ApacheSubmarine, client: ExperimentClient) -> None:
    run = server.submit()
    run.pod("worker-0").text = "a\nb"
    experiment = client.experiment(run.ident)
    records = play(experiment.records(), lambda: None, lambda: server.delete(run))
    assert texts(records) == ["a", "b"]
    assert records[-1].data == {"status": "Deleted"}
    assert experiment.last_status == "Deleted"


def test_the_documented_wait(
    server: ApacheSubmarine, client: ExperimentClient, capsys: pytest.CaptureFixture[str]
) -> None:
    run = server.submit()
    run.status = "Failed"
    run.pod("worker-0").text = "a\nb"
    assert client.wait_for_finish(run.ident, polling_interval=0.01) == {
        "experimentId": run.ident,
        "logContent": [{"podName": f"{run.ident}-worker-0", "podLog": ["a", "b"]}],
    }
    assert capsys.readouterr().out == (
        f"{run.ident} is Failed\nThe logs of Pod {run.ident}-worker-0:\n\na\nb\n"
    )


def test_quiet_servers_are_asked_less_often(
    server: ApacheSubmarine, client: ExperimentClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_pace(monkeypatch, 0.01, 1000.0)
    run = server.submit()
    with pytest.raises(TimeoutError):
        list(client.follow(run.ident, timeout=1.5))
    # Of pauses that grow by half there are 10 in this time; of equal ones, 150.
    assert 4 < server.count(f"/{run.ident}") < 20
