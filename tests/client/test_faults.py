"""Servers that die, move, drop connections, or are not ours."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from submarine_jupyter import ExperimentClient, launch
from submarine_jupyter.client.servers import NamedServer, checked_url, locate
from submarine_jupyter.client.transport import Call, Transport
from submarine_jupyter.errors import (
    BadRequest,
    ConfigurationError,
    NotAuthenticated,
    ServerUnavailable,
    StillRunning,
    SubmarineError,
)
from tests.faults.traces import kill_server

from .relay import Answer, envelope, forward, serve
from .test_client import spec

COUNTING = "import time; [print(n, flush=True) or time.sleep(0.02) for n in range({})]"


@pytest.mark.usefixtures("experiment_server")
def test_following_goes_on_across_a_dead_server(data_dir: Path) -> None:
    experiment = ExperimentClient().submit(spec(COUNTING.format(200)))
    lines = []
    for line in experiment.logs(follow=True):
        lines.append(line)
        if len(lines) == 50:
            kill_server(data_dir)
    assert lines == [str(n) for n in range(200)]
    assert experiment.status == "Succeeded"


@pytest.mark.usefixtures("experiment_server")
def test_calls_find_a_new_server(data_dir: Path) -> None:
    client = ExperimentClient()
    first = client.submit(spec("print(1)"))
    kill_server(data_dir)
    assert client.get_experiment(first.id)["experimentId"] == first.id
    second = launch.find()
    assert second is not None
    kill_server(data_dir)
    again = client.submit(spec("print(2)"))  # a create starts it again, too
    assert again.wait(60).id != first.id


def test_a_server_that_is_leaving_is_waited_for(experiment_server: launch.Server) -> None:
    client = ExperimentClient()
    assert client.list_experiments() == []
    address = urlsplit(experiment_server.url)
    # A reader that does not read keeps a server that ends from ending at once.
    with socket.create_connection((address.hostname or "", address.port or 0)) as reader:
        ask = (
            f"GET /api/v1/stream HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {experiment_server.token}\r\n\r\n"
        )
        reader.sendall(ask.encode())
        assert reader.recv(1)
        os.kill(experiment_server.pid, signal.SIGTERM)
        time.sleep(0.2)
        created = client.create_experiment(spec("print(1)"))
    assert created["status"] == "Accepted"
    assert launch.find() != experiment_server


@pytest.mark.usefixtures("experiment_server")
def test_a_download_that_breaks_off(data_dir: Path, tmp_path: Path) -> None:
    code = "import os; open(os.environ['SUBMARINE_OUTPUT_DIR'] + '/big', 'wb').truncate(10**9)"
    experiment = ExperimentClient().submit(spec(code)).wait(60)
    target = tmp_path / "downloads"
    target.mkdir()

    def kill_once_it_flows() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if any(part.stat().st_size for part in target.iterdir()):
                break
            time.sleep(0.01)
        kill_server(data_dir)

    killer = threading.Thread(target=kill_once_it_flows)
    killer.start()
    with pytest.raises(ServerUnavailable, match="broke off"):
        experiment.download("big", target)
    killer.join()
    assert list(target.iterdir()) == []


def test_new_token_is_read_once(experiment_server: launch.Server, data_dir: Path) -> None:
    client = ExperimentClient()
    assert client.list_experiments() == []
    launch.stop(data_dir)
    assert launch.ensure(data_dir).token != experiment_server.token
    assert client.list_experiments() == []


def test_a_lost_answer_creates_nothing_twice(experiment_server: launch.Server) -> None:
    lost: list[str] = []

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        answer = forward(experiment_server.url, method, path, headers, body)
        if method == "POST" and not lost:
            lost.append(headers["Idempotency-Key"])
            return None
        return answer

    with serve(handle) as url:
        client = ExperimentClient(locator=NamedServer(url, experiment_server.token))
        created = client.create_experiment(spec("print(1)"))
        assert lost
        assert [entry["experimentId"] for entry in client.list_experiments()] == [
            created["experimentId"]
        ]


def test_a_lost_deletion_is_not_repeated(experiment_server: launch.Server) -> None:
    asked: list[str] = []

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        asked.append(method)
        return None if method == "DELETE" else envelope([])

    with serve(handle) as url, pytest.raises(ServerUnavailable, match="broke off"):
        ExperimentClient(url).delete_experiment("experiment-1-0001")
    assert asked == ["DELETE"]


def test_reading_is_repeated() -> None:
    answers: list[Answer | None] = [None, (503, {}, b"busy"), envelope([])]
    with serve(lambda *_: answers.pop(0)) as url:
        assert ExperimentClient(url).list_experiments() == []
    assert answers == []


def test_redirects_do_not_get_the_token() -> None:
    seen: list[dict[str, str]] = []

    def steal(_method: str, _path: str, headers: dict[str, str], _body: bytes) -> Answer:
        seen.append(headers)
        return envelope([])

    with (
        serve(steal) as thief,
        serve(lambda *_: (302, {"Location": f"{thief}/api/v1/experiment"}, b"")) as url,
        pytest.raises(ServerUnavailable, match="redirects to") as caught,
    ):
        ExperimentClient(locator=NamedServer(url, "secret")).list_experiments()
    assert seen == []
    assert "secret" not in str(caught.value)


def test_tokens_stay_out_of_sight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ExperimentClient(locator=NamedServer("http://127.0.0.1:9", "secret"))
    shown = repr(client) + repr(client.transport) + repr(client.transport.endpoint())
    assert "secret" not in shown
    with pytest.raises(ServerUnavailable) as caught:
        client.list_experiments()
    assert "secret" not in str(caught.value)
    # A password of a netrc is not for this server, and a proxy is not for this machine.
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    headers: list[dict[str, str]] = []

    def note(_method: str, _path: str, given: dict[str, str], _body: bytes) -> Answer:
        headers.append(given)
        return envelope([])

    with serve(note) as url:
        ExperimentClient(url).list_experiments()
        ExperimentClient(locator=NamedServer(url, "secret")).list_experiments()
    assert [given.get("Authorization") for given in headers] == [None, "Bearer secret"]


def test_wrong_token(experiment_server: launch.Server) -> None:
    with pytest.raises(NotAuthenticated):
        ExperimentClient(locator=NamedServer(experiment_server.url, "wrong")).list_experiments()
    with pytest.raises(NotAuthenticated):
        ExperimentClient(experiment_server.url).list_experiments()


def test_token_file_is_read_again(
    experiment_server: launch.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    monkeypatch.setenv("SUBMARINE_URL", experiment_server.url)
    monkeypatch.setenv("SUBMARINE_TOKEN_FILE", str(file))
    client = ExperimentClient()
    with pytest.raises(NotAuthenticated):
        client.list_experiments()
    file.write_text(f"{experiment_server.token}\n")
    assert client.list_experiments() == []
    monkeypatch.setenv("SUBMARINE_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="SUBMARINE_TOKEN_FILE"):
        ExperimentClient()


def test_order_of_servers(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    def url(host: str | None = None) -> str:
        return Transport(locate(host)).endpoint().url

    with pytest.raises(ServerUnavailable, match="submitting an experiment starts one"):
        url()
    monkeypatch.setenv("SUBMARINE_SERVER_DNS_NAME", "old.example")
    assert url() == "http://old.example"
    monkeypatch.setenv("SUBMARINE_SERVER_PORT", "32080")
    assert url() == "http://old.example:32080"
    monkeypatch.setenv("SUBMARINE_URL", "https://team.example/base/")
    assert url() == "https://team.example/base"
    assert url("http://argument:1") == "http://argument:1"


@pytest.mark.parametrize(
    "url",
    ["", "localhost:32080", "ftp://a", "http://", "http://a:b", "http://u:p@a", "http://a/?t=1"],
)
def test_bad_urls(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"http://127\.0\.0\.1:32080"):
        checked_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hidden@a",
        "http://me:hidden@a:99999",
        "http://me:hidden@[a",
        "ftp://me:hidden@a",
        "me:hidden@a:80",
        "ftp://a/?token=hidden",
    ],
)
def test_a_password_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="holds no user, password") as caught:
        checked_url(url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "says"),
    [(200, "is no Submarine server"), (500, "answered 500"), (404, "answered 404")],
)
def test_not_a_submarine_server(code: int, says: str) -> None:
    page = (code, {"Content-Type": "text/html"}, b"<p>hi")
    with serve(lambda *_: page) as url, pytest.raises(SubmarineError, match=says):
        ExperimentClient(url).list_experiments()


def test_an_answer_without_success_is_a_refusal() -> None:
    """So the API answers an empty spec, with code 200."""
    _, head, body = envelope(None, message="the spec is empty")
    answer = (200, head, body.replace(b'"success": true', b'"success": null'))
    with serve(lambda *_: answer) as url, pytest.raises(BadRequest, match="the spec is empty"):
        ExperimentClient(url).list_experiments()


def test_a_server_that_answers_too_late_is_named() -> None:
    asked: list[str] = []
    done = threading.Event()

    def slow(_method: str, path: str, *_: object) -> Answer:
        asked.append(path)
        done.wait(10)
        return envelope([])

    with serve(slow) as url:
        late = Call(path="/api/v1/experiment", read_timeout=0.2)
        with pytest.raises(ServerUnavailable, match="did not answer in time; try again"):
            ExperimentClient(url).transport.call(late)
        done.set()
    assert len(asked) == 1  # asking again would take its time again


RUNNING = {
    "experimentId": "experiment-1-0001",
    "status": "Running",
    "spec": {"meta": {"name": "run"}, "environment": {}, "spec": {}},
}


@pytest.mark.parametrize("late", ["/info", "/experiment-1-0001/stream", ""])
def test_waiting_for_a_server_that_hangs_ends_in_time(late: str) -> None:
    hangs = threading.Event()
    done = threading.Event()

    def handle(_method: str, path: str, *_: object) -> Answer | None:
        if hangs.is_set() and urlsplit(path).path.endswith(late):
            done.wait(4)
            return None
        return envelope({"features": ["stream"]} if path.endswith("/info") else RUNNING)

    with serve(handle) as url:
        experiment = ExperimentClient(url).experiment("experiment-1-0001")
        hangs.set()
        with pytest.raises(StillRunning, match=r"still Running after 0\.3 s; it goes on"):
            experiment.wait(0.3)
        done.set()


GATEWAY = (404, {"Content-Type": "text/plain"}, b"404 page not found\n")
"""What a gateway answers while no server is behind it."""


def test_following_goes_on_across_a_gateway_without_its_server(
    experiment_server: launch.Server,
) -> None:
    experiment = ExperimentClient().submit(spec(COUNTING.format(3))).wait(60)
    answers: list[Answer] = [GATEWAY, GATEWAY]

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if "/stream" not in path:
            return forward(experiment_server.url, method, path, headers, body)
        if "after=" in path and answers:
            return answers.pop()
        code, head, content = forward(experiment_server.url, method, path, headers, body)
        first, gap, rest = content.partition(b"\n\n")
        return code, head, first + gap + (b"" if answers else rest)

    with serve(handle) as url:
        client = ExperimentClient(locator=NamedServer(url, experiment_server.token))
        records = list(client.follow(experiment.id))
    assert answers == []
    assert records[-1].data == {"status": "Succeeded"}


def test_a_gateway_without_its_server_is_not_taken_for_a_plain_server(
    experiment_server: launch.Server,
) -> None:
    away = [1]

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return GATEWAY if away else forward(experiment_server.url, method, path, headers, body)

    with serve(handle) as url:
        client = ExperimentClient(locator=NamedServer(url, experiment_server.token))
        with pytest.raises(ServerUnavailable, match=r"answered 404 .* in case it is starting"):
            client.info()
        away.clear()
        assert client.has_feature("stream")


def test_following_ends_when_somebody_deletes(experiment_server: launch.Server) -> None:
    experiment = ExperimentClient().submit(spec(COUNTING.format(5000)))
    timer = threading.Timer(1, lambda: ExperimentClient().delete_experiment(experiment.id))
    timer.start()
    records = list(experiment.records())
    timer.join()
    assert records[-1].event == "end"
    assert records[-1].data["status"] == "Deleted"
    assert experiment.last_status == "Deleted"
