"""What nobody should send, and what should never happen: each answered, nothing broken by it."""

from __future__ import annotations

import json
import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest

from submarine_jupyter import launch
from submarine_jupyter.errors import ConfigurationError, ServerUnavailable
from submarine_jupyter.server.settings import MAX_BODY

from .api import Api, experiment, python, wait_until

EXPERIMENT = "api/v1/experiment"
JSON = {"Content-Type": "application/json"}
YAML = {"Content-Type": "application/yaml"}
SLEEP = python("import time; time.sleep(60)")


NO_ROLE: dict[str, Any] = {**experiment("x"), "spec": {"\ud800": {"replicas": 1}}}


@pytest.fixture
def api(shared_api: Api) -> Api:
    return shared_api


def bomb(levels: int) -> str:
    """Return a YAML document that grows tenfold with every level."""
    first = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]"
    rest = (f"a{n}: &a{n} [" + ",".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, levels))
    return "\n".join([first, *rest, f"meta: *a{levels - 1}"])


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (json.dumps(experiment("echo \ud800")), JSON, "meta.cmd: holds half of a surrogate pair"),
        (json.dumps(experiment("x", framework="\ud800")), JSON, "meta.framework: holds half"),
        (json.dumps(NO_ROLE), JSON, "holds half of a surrogate pair"),
        (bomb(8), YAML, "meta: must be a mapping"),
        (json.dumps(experiment("x", Worker=10_000)), JSON, "spec: asks for 10000 replicas in all"),
        ('{"meta": ' + "9" * 5000 + "}", JSON, "not valid JSON"),
        (json.dumps(experiment("x", Worker="²")), JSON, "spec.Worker.replicas"),
    ],
    ids=["text", "framework", "role", "bomb", "replicas", "digits", "superscript"],
)
def test_a_hostile_body_is_refused_and_breaks_nothing(
    api: Api, body: str, kind: dict[str, str], said: str
) -> None:
    response = api.call("POST", EXPERIMENT, data=body, headers=kind)
    assert response.status_code == 400
    assert said in response.json()["message"]
    assert api.call("GET", EXPERIMENT).status_code == 200


@pytest.mark.parametrize("resources", ["cpu=" + "9" * 400, "memory=999999999999E"])
def test_absurd_resources_are_refused(api: Api, resources: str) -> None:
    spec = experiment("x")
    spec["spec"]["Worker"]["resources"] = resources
    response = api.call("POST", EXPERIMENT, json=spec)
    assert response.status_code == 400
    assert "more than any machine has" in response.json()["message"]


def test_unknown_resources_are_told(api: Api) -> None:
    spec = experiment(python("pass"))
    spec["spec"]["Worker"]["resources"] = "cpu=0.1,memory=64M,gpu=2"
    identity = api.create(spec)
    told = [event["message"] for event in api.events(identity) if event["kind"] == "warning"]
    assert told == [
        "spec.Worker.resources: gpu is not known; known are cpu, memory and nvidia.com/gpu"
    ]


@pytest.mark.parametrize(
    ("path", "params", "code", "said"),
    [
        ("stream", {"after": "1!" + "9" * 30}, 400, "is no cursor of a stream"),
        ("stream", {"pods": "nope"}, 400, "pods: 'nope' is none of"),
        ("stream", {"tail": "-1"}, 400, "tail: "),
        ("files/" + "a" * 300, {}, 404, "wrote no file of that name"),
        ("pods/nope/log", {}, 404, "has no pod of that name"),
        ("pods/POD/log", {"attempt": "0"}, 404, "attempt: "),
        ("pods/POD/log", {"attempt": "2"}, 404, "has been started 1 times"),
        ("pods/POD/log", {"attempt": "x"}, 400, "attempt: "),
    ],
)
def test_odd_queries_name_what_is_wrong(
    api: Api, path: str, params: dict[str, str], code: int, said: str
) -> None:
    identity = api.create(experiment(python("pass")))
    place = path.replace("POD", f"{identity}-worker-0")
    response = api.call("GET", f"{EXPERIMENT}/{identity}/{place}", params=params)
    assert response.status_code == code
    assert said in response.json()["message"]


@pytest.mark.parametrize(
    ("header", "code", "content"),
    [
        (None, 200, b"0123456789"),
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=-20", 206, b"0123456789"),
        ("bytes=5-100", 206, b"56789"),
        ("bytes=10-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=4-2", 416, None),
        ("bytes=-", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_ranges_of_a_log(api: Api, header: str | None, code: int, content: bytes | None) -> None:
    identity = api.create(experiment(python("print('0123456789', end='')")))
    api.wait_for_end(identity)
    headers = {} if header is None else {"Range": header}
    path = f"{EXPERIMENT}/{identity}/pods/{identity}-worker-0/log"
    response = api.call("GET", path, headers=headers)
    assert response.status_code == code
    if content is None:
        assert response.headers["Content-Range"] == "bytes */10"
        assert "not in the 10 bytes" in response.json()["message"]
    else:
        assert response.content == content


def test_a_log_can_be_downloaded_while_it_grows(api: Api) -> None:
    source = "while True: print('x' * 1000)"
    identity = api.create(experiment(python(source)))
    path = f"{EXPERIMENT}/{identity}/pods/{identity}-worker-0/log"
    try:
        wait_until(lambda: api.pods(identity)["worker-0"]["logSize"] > 0)
        for _ in range(3):
            response = api.call("GET", path, headers={"Range": "bytes=0-9999999"})
            assert len(response.content) == int(response.headers["Content-Length"])
    finally:
        api.result("DELETE", f"{EXPERIMENT}/{identity}")


def test_a_first_replica_that_cannot_start_keeps_the_others_from_starting(api: Api) -> None:
    begun = time.monotonic()
    identity = api.create(experiment(None, Ps=(1, "no-such-program"), Worker=(2, SLEEP)))
    assert api.wait_for_end(identity) == "Failed"
    assert time.monotonic() - begun < 9, "it waited for the grace of replicas that never ran"
    pods = api.pods(identity)
    assert [pod["state"] for pod in pods.values()] == ["Failed", "Stopped", "Stopped"]
    assert [pod["startTime"] for pod in pods.values()] == [None] * 3


def test_many_stops_at_once_are_one(api: Api) -> None:
    identity = api.create(experiment(SLEEP))
    with ThreadPoolExecutor(8) as threads:
        stop = f"{EXPERIMENT}/{identity}/stop"
        codes = list(threads.map(lambda _: api.call("POST", stop).status_code, range(24)))
    assert set(codes) == {200}
    assert api.wait_for_end(identity) == "Failed"


def test_a_lost_supervisor_leaves_nothing_that_left_its_session(api: Api) -> None:
    identity = api.create(experiment("sh -c 'setsid sleep 4321 & sleep 4322'"))

    def processes() -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["environ"])
            if (process.info["environ"] or {}).get("JOB_ID") == identity
        ]

    wait_until(lambda: len(processes()) == 3)
    supervisor = next(p.parent() for p in processes() if p.name() == "sh")
    assert supervisor is not None
    supervisor.kill()
    assert api.wait_for_end(identity) == "Failed"
    assert processes() == []
    pod = api.pods(identity)["worker-0"]
    assert (pod["state"], pod["reason"]) == ("Failed", "Unknown")
    assert pod["finishTime"] == api.get(identity)["finishedTime"]
    assert api.pods(identity)["worker-0"] == pod


def test_a_tail_is_kept_by_the_cursor_of_the_first_record(api: Api) -> None:
    identity = api.create(experiment(python("for n in range(50): print(n)")))
    api.wait_for_end(identity)
    first = next(iter(api.follow(identity, tail=2)))
    lines = [
        line
        for record in api.follow(identity, after=first.cursor)
        if record.event == "log"
        for line in record.data["lines"]
    ]
    assert lines == ["48", "49"]


def test_an_origin_that_is_no_address_is_foreign(api: Api) -> None:
    response = api.call("GET", EXPERIMENT, headers={"Origin": "http://["})
    assert (response.status_code, response.json()["code"]) == (403, 403)


def test_a_directory_that_was_open_is_closed(tmp_path: Path) -> None:
    data: Path = tmp_path / "open"
    data.mkdir(mode=0o755)
    launch.ensure(data)
    try:
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / "experiments.db").stat().st_mode) == 0o600
    finally:
        launch.stop(data)


def test_a_relative_directory_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server = launch.ensure(Path("data"))
    try:
        assert Api(server).result("GET", EXPERIMENT) == []
        assert launch.find(tmp_path / "data") == server
    finally:
        launch.stop(Path("data"))


def test_a_store_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "experiments.db").write_text("this is no database, and it is long enough" * 100)
    with pytest.raises(ServerUnavailable, match=r"experiments\.db cannot be read as the store"):
        launch.ensure(tmp_path)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a directory nobody can write to")
def test_a_directory_that_cannot_be_made_is_named() -> None:
    with pytest.raises(ConfigurationError, match="set SUBMARINE_DATA_DIR or --data-dir"):
        launch.ensure(Path("/proc/nope"))


def test_a_server_that_is_ending_is_not_found_and_followed_at_once(tmp_path: Path) -> None:
    api = Api(launch.ensure(tmp_path))
    identity = api.create(experiment(SLEEP))
    # A reader that takes nothing keeps the server from ending at once.
    with api.call("GET", f"{EXPERIMENT}/{identity}/stream", stream=True):
        psutil.Process(api.server.pid).terminate()
        wait_until(lambda: launch.find(tmp_path) is None)
        again = Api(launch.ensure(tmp_path))
    assert again.server.pid != api.server.pid
    again.result("DELETE", f"{EXPERIMENT}/{identity}")
    launch.stop(tmp_path)


def test_what_cannot_be_submitted_fails_with_its_reason(tmp_path: Path) -> None:
    api = Api(launch.ensure(tmp_path))
    experiments = tmp_path / "experiments"
    experiments.rmdir()
    experiments.write_text("a file where a directory must be")
    try:
        identity = api.create(experiment(SLEEP))
        assert api.wait_for_end(identity) == "Failed"
        end: dict[str, Any] = api.events(identity)[-1]
        assert end["reason"] == "SubmitFailed"
        assert end["message"].startswith("it cannot start: ")
    finally:
        launch.stop(tmp_path)


def test_a_body_that_says_it_is_too_large_is_refused_unread(api: Api) -> None:
    connection = HTTPConnection(api.server.url.removeprefix("http://"), timeout=10)
    with closing(connection):
        connection.putrequest("DELETE", f"/{EXPERIMENT}/e-1")
        connection.putheader("Content-Length", str(MAX_BODY + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_a_body_of_unknown_length_is_read_up_to_the_limit(api: Api) -> None:
    chunks = (bytes(65_536) for _ in range(MAX_BODY // 65_536 + 1))
    response = api.call("POST", EXPERIMENT, data=chunks, headers=JSON)
    assert response.request.headers["Transfer-Encoding"] == "chunked"
    assert response.status_code == 413


def test_a_fault_of_the_server_is_told_without_its_inside(data_dir: Path) -> None:
    api = Api(launch.ensure(data_dir))
    with closing(sqlite3.connect(data_dir / "experiments.db")) as store:
        store.execute("ALTER TABLE experiments RENAME TO hidden_inside")
    response = api.call("GET", EXPERIMENT)
    assert response.status_code == 500
    assert response.json()["message"] == "The server failed at this; its log says why."
    log = (data_dir / "server.log").read_text()
    for inside in ("Traceback", "no such table"):
        assert inside not in response.text
        assert inside in log


def test_nothing_in_the_directory_of_a_run_is_taken_for_a_program(api: Api, tmp_path: Path) -> None:
    for name in ("sh", "env", "git", "python", "python3", "uv"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/taken\n")
        (tmp_path / name).chmod(0o755)
    for command in (python("print(1)"), "echo 1 | cat", "env true"):
        spec = experiment(command, env={"SUBMARINE_WORKDIR": str(tmp_path)})
        assert api.wait_for_end(api.create(spec)) == "Succeeded"
    assert not (tmp_path / "taken").exists()
