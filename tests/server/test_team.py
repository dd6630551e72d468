"""A server of a team: named tokens, each with its role, over TLS."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from submarine_jupyter import launch
from submarine_jupyter.cli import main
from submarine_jupyter.client import ExperimentClient
from submarine_jupyter.errors import ConfigurationError, NotAuthorized, ServerUnavailable
from submarine_jupyter.server.tls import Certificate
from submarine_jupyter.server.tokens import Caller, Role, TokenFile

from .api import Api, experiment, python
from .routes import all_routes
from .servers import serving
from .teams import ALICE, BOB, CAROL, TEAM, Team, team_server, write

WRITING = {"POST", "PATCH", "DELETE", "PUT"}
ASKING = {"/api/metric/selective", "/api/param/selective"}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_server(tmp_path_factory.mktemp("team")) as team:
        yield team


@pytest.fixture(scope="module")
def alice(team: Team) -> Api:
    return team.as_(ALICE)


@pytest.fixture(scope="module")
def bob(team: Team) -> Api:
    return team.as_(BOB)


def says(api: Api, identity: str, reason: str) -> str:
    """Return what the timeline says of something."""
    statuses = (one for one in api.events(identity) if one["kind"] == "status")
    return str(next(one["message"] for one in statuses if one["reason"] == reason))


def test_a_writer_and_a_reader_meet_over_tls(alice: Api, bob: Api) -> None:
    assert alice.server.url.startswith("https://")
    identity = alice.create(experiment(python("print('for all')")))
    events = list(bob.follow(identity))
    lines = [line for one in events if one.event == "log" for line in one.data["lines"]]
    assert lines == ["for all"]
    assert bob.get(identity)["status"] == "Succeeded"
    roles = [api.result("GET", "api/v1/info")["role"] for api in (alice, bob)]
    assert roles == ["writer", "reader"]
    refused = bob.call("POST", f"api/v1/experiment/{identity}/stop")
    assert refused.status_code == 403
    assert refused.json()["message"].startswith("bob may only read here; ")


def test_the_timeline_says_who_did_what(alice: Api, bob: Api) -> None:
    spec = experiment(python("import time; print(1); time.sleep(300)"))
    identity = alice.create(spec)
    alice.wait_for(identity, "Running")
    alice.result("PATCH", f"api/v1/experiment/{identity}", json=spec)
    alice.result("POST", f"api/v1/experiment/{identity}/stop")
    assert alice.wait_for_end(identity) == "Failed"
    assert says(bob, identity, "Accepted") == "submitted by alice"
    assert says(bob, identity, "Patched") == "its spec was replaced by alice"
    assert says(bob, identity, "Stopped") == "it was stopped on request by alice"
    stream = bob.stream("api/v1/stream", after="1!0")
    alice.result("DELETE", f"api/v1/experiment/{identity}")
    deleted = next(one.data for one in stream if one.event == "deleted")
    assert deleted == {"experimentId": identity, "message": "it was deleted by alice"}


def test_a_template_is_submitted_under_a_name_too(alice: Api, bob: Api) -> None:
    parameters = [{"name": "word", "value": "hello", "required": "false"}]
    template = {
        "name": "greeting",
        "author": "alice",
        "parameters": parameters,
        "experimentSpec": experiment("echo {{word}}"),
    }
    alice.result("POST", "api/v1/template", json=template)
    made = alice.result("POST", "api/v1/experiment/greeting", json={"params": {}})
    assert says(bob, made["experimentId"], "Accepted") == "submitted by alice"


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path, methods in all_routes().items() for method in sorted(methods)],
)
def test_a_reader_may_ask_and_never_write(bob: Api, method: str, path: str) -> None:
    if path == "/api/v1/stream":
        return  # it would not end; it is read by another test
    body = {"json": {"id": "x"}} if method in WRITING else {}
    for tried in (path, f"{path}/"):
        code = bob.call(method, tried, **body).status_code
        if method in WRITING and path not in ASKING:
            assert code == 403
        else:
            assert code in {200, 400, 404, 405}


def test_nobody_else_is_let_in(team: Team) -> None:
    for token in (None, "wrong", ALICE[:-1], f"{ALICE}0", ALICE.upper(), f"alice {ALICE}", ""):
        response = team.as_(token).call("GET", "api/v1/experiment")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_tokens_are_neither_told_nor_written(team: Team, alice: Api) -> None:
    alice.result("GET", "api/v1/info")
    data = team.tokens.parent / "data"
    assert not (data / "token").exists()
    for path in (path for path in data.rglob("*") if path.is_file()):
        assert not any(token.encode() in path.read_bytes() for token in (ALICE, BOB)), path
    assert launch.find(data) is not None
    assert launch.find(data) == replace(team.api.server, token=None)


def test_a_change_of_the_file_counts_at_once_and_a_bad_one_not(tmp_path: Path) -> None:
    with team_server(tmp_path) as team:
        bob, carol = team.as_(BOB), team.as_(CAROL)
        assert bob.call("GET", "api/v1/info").status_code == 200
        write(team.tokens, f"carol writer {CAROL}\n")
        assert bob.call("GET", "api/v1/info").status_code == 401
        assert carol.call("GET", "api/v1/info").status_code == 200
        for text, mode in ((f"bob lord {BOB}\n", 0o600), (TEAM, 0o644), ("", 0o600)):
            write(team.tokens, text, mode)
            assert bob.call("GET", "api/v1/info").status_code == 401
            assert carol.call("GET", "api/v1/info").status_code == 200


def test_who_does_not_know_the_authority_does_not_send_the_token(team: Team) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        Api(replace(team.api.server, token=ALICE)).call("GET", "api/v1/info")


def test_plain_http_is_not_answered(team: Team) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(team.api.server.url.replace("https", "http"), timeout=10)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_no_old_tls_is_spoken(team: Team) -> None:
    context = ssl.create_default_context(cafile=str(team.ca))
    context.set_ciphers("ALL:@SECLEVEL=0")
    port = int(team.api.server.url.rpartition(":")[2])
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    plain = socket.create_connection(("127.0.0.1", port), 10)
    with closing(plain), pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.fixture
def at_the_team(team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set the environment as a member of the team has it; return the file of the token."""
    monkeypatch.setenv("SUBMARINE_URL", team.api.server.url)
    monkeypatch.setenv("SUBMARINE_CA_FILE", str(team.ca))
    monkeypatch.delenv("SUBMARINE_TOKEN", raising=False)
    token_file = write(tmp_path / "token", f"{ALICE}\n")
    monkeypatch.setenv("SUBMARINE_TOKEN_FILE", str(token_file))
    return token_file


def test_the_python_client_speaks_to_it(at_the_team: Path) -> None:
    run = ExperimentClient().submit(experiment(python("print('by client')")))
    run.wait()
    assert list(run.logs()) == ["by client"]
    write(at_the_team, f"{BOB}\n")
    reader = ExperimentClient()
    assert reader.experiment(run.id).status == "Succeeded"
    with pytest.raises(NotAuthorized, match="bob may only read here; submit and change with"):
        reader.experiment(run.id).delete()


def test_the_client_names_the_variable_for_the_authority(
    at_the_team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBMARINE_CA_FILE", "/nowhere")
    with pytest.raises(ConfigurationError, match="SUBMARINE_CA_FILE: /nowhere cannot be read"):
        ExperimentClient()
    monkeypatch.delenv("SUBMARINE_CA_FILE")
    with pytest.raises(ServerUnavailable, match="set SUBMARINE_CA_FILE to its CA file"):
        ExperimentClient().list_experiments()


def test_the_command_line_speaks_to_it(
    at_the_team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--json"]) == 0
    assert capsys.readouterr().out.lstrip().startswith("[")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ALICE}\n", "line 1: has 1 words; write it as NAME ROLE TOKEN"),
        (f"alice writer {ALICE} more\n", "line 1: has 4 words"),
        (f"\n#\nal!ce writer {ALICE}\n", "line 3, name: is none; use up to 64 letters"),
        (f"alice admin {ALICE}\n", "line 1, role: is none; use reader or writer"),
        ("alice writer short\n", "line 1, token: is too short or holds other characters"),
        (f"alice writer {ALICE}ä\n", "line 1, token: is too short or holds other characters"),
        (f"{TEAM}alice reader {CAROL}\n", "line 5, name: is that of line 2 too"),
        (f"{TEAM}carol reader {ALICE}\n", "line 5, token: is that of line 2 too"),
        ("# nobody\n", "has no token; write a line NAME ROLE TOKEN for each"),
    ],
)
def test_a_bad_line_is_named_with_its_field_and_never_quoted(
    tmp_path: Path, text: str, said: str
) -> None:
    path = write(tmp_path / "tokens", text)
    with pytest.raises(ConfigurationError) as caught:
        TokenFile(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert not any(token in str(caught.value) for token in (ALICE, BOB, CAROL, "short\n"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "tokens", TEAM, mode)
    said = rf"\(its mode is {mode:04o}\); run `chmod 600 {path}`"
    with pytest.raises(ConfigurationError, match=said):
        TokenFile(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", TEAM)
    os.chown(path, 65534, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        TokenFile(path)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--tokens .*none cannot be read \(No such file"):
        TokenFile(tmp_path / "none")
    path = write(tmp_path / "tokens", "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="is no text"):
        TokenFile(path)


def test_each_token_is_its_own_callers(tmp_path: Path) -> None:
    file = TokenFile(write(tmp_path / "tokens", TEAM))
    assert file.caller(ALICE) == Caller("alice", Role.WRITER)
    assert file.caller(BOB) == Caller("bob", Role.READER)
    assert file.caller(CAROL) is None


def test_a_file_that_goes_away_leaves_the_tokens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "tokens", TEAM)
    file = TokenFile(path)
    path.unlink()
    with caplog.at_level(logging.WARNING):
        assert [file.caller(ALICE), file.caller(ALICE)] == [Caller("alice")] * 2
    assert len(caplog.records) == 1  # not again at every request


def serve_fails(capsys: pytest.CaptureFixture[str], *options: Any) -> str:
    assert main(["serve", "--port", "0", *map(str, options)]) != 0
    return capsys.readouterr().err


def test_what_cannot_go_together_is_refused(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = write(tmp_path / "tokens", TEAM)
    assert "give one of them" in serve_fails(capsys, "--no-auth", "--tokens", tokens)
    assert "give it with --tls-cert" in serve_fails(capsys, "--tls-key", tokens)


@pytest.mark.parametrize(
    ("chain", "key", "said"),
    [
        ("none", None, r"--tls-cert .*none cannot be read \(No such file"),
        ("chain", "none", r"--tls-key .*none cannot be read \(No such file"),
        ("chain", None, r"chain cannot be used with the key in .*chain"),
        ("chain", "other", r"key in .*other \(KEY_VALUES_MISMATCH\); give a PEM certificate"),
        ("chain", "locked", r"key in .*locked \(.*without a password"),
        ("tokens", "key", r"tokens cannot be used with"),
    ],
)
def test_certificates_that_cannot_be_used_are_named(
    tmp_path: Path, chain: str, key: str | None, said: str
) -> None:
    from cryptography.hazmat.primitives import serialization

    authority = trustme.CA()
    own, other = (authority.issue_cert("127.0.0.1") for _ in range(2))
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "chain"))
    own.private_key_pem.write_to_path(str(tmp_path / "key"))
    other.private_key_pem.write_to_path(str(tmp_path / "other"))
    loaded = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    locked = loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "locked").write_bytes(locked)
    write(tmp_path / "tokens", TEAM)
    certificate = Certificate(tmp_path / chain, tmp_path / key if key else None)
    with pytest.raises(ConfigurationError, match=said):
        certificate.check()


def test_a_certificate_may_hold_its_key(tmp_path: Path) -> None:
    authority = trustme.CA()
    path, ca = tmp_path / "both.pem", tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
    Certificate(path).check()
    with serving(tmp_path / "data", "--tls-cert", str(path)) as api:
        api.session.trust_env = False
        api.session.verify = str(ca)
        assert api.result("GET", "api/v1/experiment") == []
        api.session.close()
