"""Which server commands talk to, with which token, and which experiment they mean."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from submarine_jupyter import launch

from ..client.relay import Answer, envelope, serve
from ..server.api import Api, experiment
from .conftest import Run


@pytest.fixture
def token_file(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file with the server's token, where the server cannot be found otherwise."""
    monkeypatch.setenv("SUBMARINE_DATA_DIR", str(tmp_path / "other"))
    file = tmp_path / "token"
    file.write_text(f"{api.server.token}\n")
    return file


def test_a_url_wants_a_token(run: Run, api: Api, token_file: Path) -> None:
    ran = run("list", "--url", api.server.url)
    assert ran.code == 1
    assert "token" in ran.err
    assert run("list", "--url", f"{api.server.url}/", "--token-file", str(token_file)).code == 0


@pytest.mark.parametrize("by", ["SUBMARINE_TOKEN", "SUBMARINE_TOKEN_FILE"])
def test_tokens_of_the_environment(
    by: str, run: Run, api: Api, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = token_file if by.endswith("FILE") else api.server.token
    monkeypatch.setenv(by, str(value))
    assert run("list", "--url", api.server.url).code == 0
    monkeypatch.setenv("SUBMARINE_URL", api.server.url)
    assert run("list").code == 0
    assert run("list", "--url", f"{api.server.url}/").code == 0


def test_a_token_goes_to_no_other_server(
    run: Run, api: Api, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        seen.append(headers)
        return envelope([])

    monkeypatch.setenv("SUBMARINE_URL", api.server.url)
    monkeypatch.setenv("SUBMARINE_TOKEN", str(api.server.token))
    with serve(answer) as url:
        run("list", "--url", url)
    assert seen
    assert not any("Authorization" in headers for headers in seen)


def test_a_data_directory_wins_over_the_environment(
    run: Run, shared_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = Api(launch.ensure(shared_dir)).create(experiment("true"))
    monkeypatch.setenv("SUBMARINE_URL", "http://127.0.0.1:1")
    assert ident in run("list", "--data-dir", str(shared_dir)).out


def test_where_nothing_answers(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ran = run("list", "--url", f"http://127.0.0.1:{port}")
    assert ran.code == 1
    assert ran.err.startswith("submarine-jupyter: No server answers at http://127.0.0.1:")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--url", "team.example"], 2, "'team.example' is no URL of a server"),
        (["--url", "http://a", "--data-dir", "b"], 2, "not allowed with"),
        (["--token-file", "a"], 2, "--token-file: goes with --url"),
        (["--url", "http://a", "--token-file", "/none"], 1, "token file /none cannot be read"),
    ],
)
def test_options_that_cannot_be(arguments: list[str], code: int, says: str, run: Run) -> None:
    ran = run("list", *arguments)
    assert ran.code == code
    assert says in ran.err


def test_ends_of_ids_and_names(run: Run, api: Api) -> None:
    spec = experiment("true")
    first, second = api.create(spec), api.create(spec)
    spec["meta"]["name"] = "only-one"
    third = api.create(spec)
    for text in (third, third.rpartition("-")[2], third[-20:], "only-one"):
        assert run("get", text, "--json").json["experimentId"] == third
    ambiguous = run("get", "test")
    assert ambiguous.code == 2
    assert first in ambiguous.err
    assert second in ambiguous.err
    assert "give a whole id" in ambiguous.err


@pytest.mark.parametrize("text", ["9999", "experiment-1-0001", "", "../info", "\x1b[2J"])
@pytest.mark.parametrize("command", ["get", "logs", "events", "wait", "cancel", "delete"])
def test_unknown_experiments(command: str, text: str, run: Run, api: Api) -> None:
    ran = run(command, text)
    assert ran.code == 4
    assert "there is no experiment" in ran.err
    assert "\x1b" not in ran.err
