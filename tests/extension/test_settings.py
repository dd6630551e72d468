from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from submarine_jupyter.errors import ConfigurationError
from submarine_jupyter.extension.settings import read_settings


def test_the_embedded_upstream_is_the_default() -> None:
    settings = read_settings({}, "embedded", {})
    assert settings.default == "embedded"
    assert settings.remotes == ()


def test_remote_upstream() -> None:
    upstreams = {"team": {"url": "https://example.org:8443/sub/", "token_file": "~/t"}}
    [team] = read_settings(upstreams, "team", {}).remotes
    assert (team.name, team.url) == ("team", "https://example.org:8443/sub")
    assert team.token_file == Path.home() / "t"
    assert not team.sends_token_in_clear


@pytest.mark.parametrize(
    ("url", "in_clear"),
    [("http://127.0.0.1:1", False), ("http://localhost", False), ("http://example.org", True)],
)
def test_token_in_clear_is_noticed(url: str, in_clear: bool) -> None:
    [remote] = read_settings({"a": {"url": url, "token_file": "t"}}, "a", {}).remotes
    assert remote.sends_token_in_clear is in_clear


def test_environment_becomes_the_default() -> None:
    environ = {"SUBMARINE_URL": "http://127.0.0.1:32080", "SUBMARINE_TOKEN": "secret"}
    settings = read_settings({"team": {"url": "http://localhost"}}, "team", environ)
    assert settings.default == "env"
    assert [remote.name for remote in settings.remotes] == ["team", "env"]
    assert settings.remotes[1].token == "secret"
    assert "secret" not in repr(settings)


def test_environment_may_name_a_token_file() -> None:
    environ = {"SUBMARINE_URL": "http://127.0.0.1:1", "SUBMARINE_TOKEN_FILE": "/tokens/a"}
    [env] = read_settings({}, "embedded", environ).remotes
    assert env.token_file == Path("/tokens/a")


def test_environment_may_name_an_authority(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    environ = {"SUBMARINE_URL": "https://team.example", "SUBMARINE_CA_FILE": str(authority)}
    [env] = read_settings({}, "embedded", environ).remotes
    assert env.ca_file == authority
    assert env.tls is not None
    assert len(env.tls.get_ca_certs()) == 1
    authority.unlink()
    with pytest.raises(ConfigurationError, match="SUBMARINE_CA_FILE must be a file of PEM"):
        read_settings({}, "embedded", environ)


@pytest.mark.parametrize(
    ("upstreams", "words"),
    [
        ({"embedded": {"url": "http://localhost"}}, "taken"),
        ({"env": {"url": "http://localhost"}}, "taken"),
        ({"../x": {"url": "http://localhost"}}, "a name is"),
        ({7: {"url": "http://localhost"}}, "a name is"),
        ({"a": "http://localhost"}, "must be like"),
        ({"a": {}}, "must be like"),
        ({"a": {"url": "http://localhost", "token": "s3cret"}}, "token_file"),
        ({"a": {"url": "localhost:80"}}, "must be like https"),
        ({"a": {"url": "file:///etc/passwd"}}, "must be like https"),
        ({"a": {"url": "http://localhost:99999"}}, "must be like https"),
        ({"a": {"url": 5}}, "must be text"),
        ({"a": {"url": "http://user:pw@localhost"}}, "no user name"),
        ({"a": {"url": "http://localhost/?a=b"}}, "no '\\?'"),
        ({"a": {"url": "http://localhost/a/../b"}}, "path"),
        ({"a": {"url": "http://localhost/a b"}}, "path"),
        ({"a": {"url": "http://localhost", "token_file": 3}}, "token_file.*path of a file"),
        ({"a": {"url": "http://localhost", "ca_file": "/no/such"}}, "ca_file.*PEM"),
    ],
)
def test_what_cannot_be_used_is_named(upstreams: dict[Any, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_settings(upstreams, "embedded", {})
    assert "SubmarineExtension.upstreams" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_unknown_default_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"SubmarineExtension\.default_upstream.*'x'"):
        read_settings({}, "x", {})


def test_bad_variable_is_named() -> None:
    with pytest.raises(ConfigurationError, match="SUBMARINE_URL must be like"):
        read_settings({}, "embedded", {"SUBMARINE_URL": "nonsense"})
