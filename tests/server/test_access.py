"""Who is let in: token, Host, Origin; what is private on disk; one server a data directory."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from filelock import FileLock
from starlette.types import Message, Receive, Scope, Send

from submarine_jupyter import launch
from submarine_jupyter.server.access import Access, host_values

from .api import Api, experiment, python, wait_until
from .routes import all_routes

ROUTES = all_routes()
UNKNOWN: dict[str, set[str]] = {"/nowhere": set(), "/api/v1": set(), "//": set()}
ALWAYS = {"GET", "HEAD", "OPTIONS", "PROPFIND"}
REQUESTS = [
    (method, path)
    for path, methods in (ROUTES | UNKNOWN).items()
    for method in sorted(methods | ALWAYS)
]
STRANGERS = [
    {"Host": "evil.test"},
    {"Host": "127.0.0.1.evil.test"},
    {"Host": "127.0.0.1"},
    {"Origin": "http://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
]


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[launch.Server]:
    """Yield a server that asks for no token."""
    directory: Path = tmp_path_factory.mktemp("open")
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0", "--no-auth"]
    process = subprocess.Popen([*command, "--data-dir", str(directory)])
    try:
        wait_until(lambda: launch.find(directory) is not None)
        server = launch.find(directory)
        assert server is not None
        yield server
    finally:
        launch.stop(directory)
        assert process.wait(10) == 0


def test_the_routes_are_all_there() -> None:
    assert "POST" in ROUTES["/api/v1/experiment"]
    assert {"/", "/v1/openapi.json", "/api/v1/experiment/experiment_id/files/path"} < ROUTES.keys()
    assert len(ROUTES) > 15


def refused(response: requests.Response, method: str, code: int) -> bool:
    assert not response.history
    named = method == "HEAD" or list(response.json())[:2] == ["status", "code"]
    return named and response.status_code == code


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_every_route_wants_the_token(shared_api: Api, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        url = f"{shared_api.server.url}{path}"
        response = requests.request(method, url, headers=headers, timeout=10)
        if path == "/":
            assert response.status_code == (200 if method == "GET" else 405)
        else:
            assert refused(response, method, 401)
            assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("scheme", "code"), [("bearer", 200), ("BEARER", 200), ("Basic", 401)])
def test_the_token_is_taken_as_a_bearer_s_alone(shared_api: Api, scheme: str, code: int) -> None:
    given = {"Authorization": f"{scheme} {shared_api.server.token}"}
    assert shared_api.call("GET", "api/v1/experiment", headers=given).status_code == code


def test_what_is_open_tells_nothing(shared_api: Api) -> None:
    response = requests.get(f"{shared_api.server.url}/", timeout=10)
    assert response.json()["result"] == "submarine-jupyter"
    assert response.json()["attributes"] == {}
    assert {name.lower() for name in response.headers} == {"content-length", "content-type", "date"}


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_strangers_are_refused_on_every_route(
    shared_api: Api, open_server: launch.Server, method: str, path: str
) -> None:
    for headers in STRANGERS:
        assert refused(shared_api.call(method, path, headers=headers), method, 403), headers
        url = f"{open_server.url}{path}"
        response = shared_api.session.request(method, url, headers=headers, timeout=10)
        assert refused(response, method, 403), headers


def test_an_open_server_has_no_token_and_answers(open_server: launch.Server) -> None:
    assert open_server.token is None
    url = f"{open_server.url}/api/v1/experiment"
    assert requests.get(url, timeout=10).json()["result"] == []


def test_its_own_names_are_taken(shared_api: Api) -> None:
    port = shared_api.server.url.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"LOCALHOST:{port}"):
        assert shared_api.call("GET", "/", headers={"Host": host}).status_code == 200


def test_its_own_page_is_answered(shared_api: Api) -> None:
    own = {"Origin": shared_api.server.url}
    assert shared_api.call("GET", "api/v1/info", headers=own).status_code == 200


def test_a_server_is_known_under_its_address_and_the_names_it_was_given() -> None:
    assert "192.0.2.1:80" in host_values("192.0.2.1", 80, ())
    assert "[2001:db8::1]:80" in host_values("2001:db8::1", 80, ())
    assert {"team.example", "team.example:80"} < host_values("::", 80, ["team.example"])
    assert not {"192.0.2.1", "127.0.0.1"} & host_values("192.0.2.1", 8080, ())


@pytest.mark.parametrize("port", [80, 443])
def test_clients_leave_a_standard_port_out(port: int) -> None:
    assert {"192.0.2.1", "localhost"} < host_values("192.0.2.1", port, ())


def test_no_websocket_gets_past() -> None:
    reached: list[str] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["type"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    access = Access(app, None, ["127.0.0.1:80"])
    for kind in ("websocket", "lifespan"):
        asyncio.run(access({"type": kind}, receive, send))
    assert reached == ["lifespan"]
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_what_lies_on_disk_is_private(api: Api, data_dir: Path) -> None:
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    for name in ("token", "server.json", "server.log"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "experiments").stat().st_mode) == 0o700


def test_a_token_is_new_at_each_start_and_never_shown(data_dir: Path) -> None:
    first = launch.ensure(data_dir)
    assert first.token
    assert first.token not in repr(first)
    launch.stop(data_dir)
    second = launch.ensure(data_dir)
    assert second.token
    assert second.token != first.token
    assert second.server_id == first.server_id
    assert second.token not in (data_dir / "server.log").read_text()


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_no_auth_is_refused_beyond_this_machine(tmp_path: Path) -> None:
    done = serve("--no-auth", "--host", "0.0.0.0", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "--no-auth is refused on 0.0.0.0" in done.stderr


def test_a_second_server_names_the_first_and_leaves(api: Api, data_dir: Path) -> None:
    done = serve("--data-dir", str(data_dir))
    assert done.returncode == 1
    first = f"the experiment server at {api.server.url} (pid {api.server.pid}) uses {data_dir}; "
    assert first in done.stderr
    assert f"stop it with `submarine-jupyter stop --data-dir {data_dir}`" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert api.result("GET", "api/v1/info")["server"] == api.server.server_id


def test_a_second_server_leaves_also_while_the_first_is_starting(tmp_path: Path) -> None:
    with FileLock(tmp_path / "server.lock"):
        done = serve("--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert f"another experiment server uses {tmp_path}; " in done.stderr


def test_a_taken_port_is_named(api: Api, tmp_path: Path) -> None:
    port = api.server.url.rpartition(":")[2]
    done = serve("--port", port, "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr


def test_an_idle_server_ends_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
    options = ["--data-dir", str(tmp_path), "--idle-timeout", "0.5"]
    assert subprocess.run([*command, *options], timeout=30, check=False).returncode == 0
    assert launch.find(tmp_path) is None
    assert launch.known_server_id(tmp_path)


def test_what_only_begins_like_its_own_address_is_foreign(shared_api: Api) -> None:
    own = shared_api.server.url.removeprefix("http://")
    for foreign in (f"{own}.evil.test", f"{own}0", f"{own}@evil.test", f"evil.test#{own}"):
        for headers in ({"Host": foreign}, {"Origin": f"http://{foreign}"}):
            assert refused(shared_api.call("GET", "api/v1/info", headers=headers), "GET", 403)


def everything(api: Api, data_dir: Path) -> list[object]:
    """Return what the server holds, and the files of its data directory."""
    told = [
        api.result("GET", f"api/v1/{path}")
        for path in ("experiment", "environment", "template", "virtual-environments")
    ]
    files = sorted(
        (str(path), path.stat().st_size)
        for path in data_dir.rglob("*")
        if path.is_file() and not path.name.startswith(("server.log", "experiments.db-"))
    )
    return [*told, *(api.events(one["experimentId"]) for one in told[0]), files]


def test_reading_changes_nothing(api: Api, data_dir: Path) -> None:
    """Jupyter guards what writes against pages of another origin, and not what reads."""
    identity = api.create(experiment(python("print(1)")))
    api.wait_for_end(identity)
    before = everything(api, data_dir)
    for path, methods in ROUTES.items():
        for method in methods & ALWAYS:
            if not path.endswith("/stream"):
                api.call(method, path.replace("experiment_id", identity))
    assert everything(api, data_dir) == before
