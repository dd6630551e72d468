"""Who is let in: token, Host, Origin; what is private on disk; one server a data directory."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from submarine_jupyter import launch

from .api import Api, wait_until


@pytest.fixture
def routes(shared_api: Api) -> list[tuple[str, str]]:
    """Return every method and path that the server has."""
    paths = shared_api.call("GET", "v1/openapi.json").json()["paths"]
    return [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in paths.items()
        for method in methods
    ]


def test_every_route_wants_the_token(shared_api: Api, routes: list[tuple[str, str]]) -> None:
    assert len(routes) > 15
    for method, path in [*routes, ("GET", "/v1/openapi.json"), ("GET", "/nowhere")]:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
            url = f"{shared_api.server.url}{path}"
            response = requests.request(method, url, headers=headers, timeout=10)
            if path == "/":
                assert response.status_code == 200
            else:
                assert response.status_code == 401, (method, path)
                assert response.headers["WWW-Authenticate"] == "Bearer"
                assert next(iter(response.json())) == "status"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"Host": "127.0.0.1.evil.test"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_strangers_are_refused_on_every_route(
    shared_api: Api, routes: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    for method, path in routes:
        assert shared_api.call(method, path, headers=headers).status_code == 403


def test_its_own_names_are_taken(shared_api: Api) -> None:
    port = shared_api.server.url.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"LOCALHOST:{port}"):
        assert shared_api.call("GET", "/", headers={"Host": host}).status_code == 200


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


def test_a_second_server_leaves_the_directory_alone(api: Api, data_dir: Path) -> None:
    done = serve("--data-dir", str(data_dir))
    assert done.returncode == 1
    assert "another experiment server uses" in done.stderr
    assert api.result("GET", "api/v1/info")["server"] == api.server.server_id


def test_a_taken_port_is_named(api: Api, tmp_path: Path) -> None:
    port = api.server.url.rpartition(":")[2]
    done = serve("--port", port, "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr


def test_no_auth_serves_without_a_token_and_still_checks_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0", "--no-auth"]
    process = subprocess.Popen([*command, "--data-dir", str(tmp_path)])
    try:
        wait_until(lambda: launch.find(tmp_path) is not None)
        server = launch.find(tmp_path)
        assert server is not None
        assert server.token is None
        url = f"{server.url}/api/v1/experiment"
        assert requests.get(url, timeout=10).json()["result"] == []
        assert requests.get(url, headers={"Host": "evil.test"}, timeout=10).status_code == 403
        assert (
            requests.get(url, headers={"Origin": "http://evil.test"}, timeout=10).status_code == 403
        )
    finally:
        launch.stop(tmp_path)
        assert process.wait(10) == 0


def test_an_idle_server_ends_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
    options = ["--data-dir", str(tmp_path), "--idle-timeout", "0.5"]
    assert subprocess.run([*command, *options], timeout=30, check=False).returncode == 0
    assert launch.find(tmp_path) is None
    assert launch.known_server_id(tmp_path)
