"""What becomes of the answers to a look-up of known vulnerabilities."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from packaging.requirements import Requirement

from . import advisories
from .ports import free_port

ADVISORY = {
    "module_name": "yaml",
    "vulnerable_versions": "<3.0.0",
    "title": "It breaks",
    "url": "https://advisories.example/1",
}


class Registry(ThreadingHTTPServer):
    """Stands for an npm registry; answers each audit with the advisories a test gives it."""

    known: dict[str, Any] | None = None


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Registry)
        known = self.server.known
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert "yaml" in sent["requires"]
        body = json.dumps({"advisories": known, "metadata": {"vulnerabilities": {}}}).encode()
        self.send_response(200 if known is not None else 405)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with Registry(("127.0.0.1", 0), Answer) as server:
        monkeypatch.setenv("YARN_NPM_AUDIT_REGISTRY", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("YARN_UNSAFE_HTTP_WHITELIST", "127.0.0.1")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_an_advisory_of_the_registry_is_told(registry: Registry) -> None:
    registry.known = {"1": ADVISORY}
    [line] = advisories.of_front_end()
    assert line == "yaml <3.0.0: It breaks, https://advisories.example/1"


def test_a_registry_that_knows_of_none_is_enough(registry: Registry) -> None:
    registry.known = {}
    assert advisories.of_front_end() == []


def test_a_registry_without_advisories_is_no_failure(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advisories.told("the front end", advisories.of_front_end) == []
    said = "no advisories for the front end can be had here: The remote server failed"
    assert said in capsys.readouterr().out


def pip_audit(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_vulnerability_of_a_python_package_is_told() -> None:
    vulnerability = {"id": "PYSEC-2018-28", "fix_versions": ["2.20.0"], "aliases": []}
    answer = pip_audit(
        {"name": "requests", "version": "2.19.0", "vulns": [vulnerability]},
        {"name": "six", "version": "1.17.0", "vulns": []},
    )
    assert advisories.read_pip_audit(answer) == ["requests 2.19.0: PYSEC-2018-28, fixed in 2.20.0"]


def test_an_index_without_advisories_is_no_failure() -> None:
    with pytest.raises(advisories.Unreachable):
        advisories.read_pip_audit(pip_audit({"name": "six", "skip_reason": "not found"}))


def test_packages_that_are_not_in_the_index_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    known: dict[str, object] = {"name": "six", "version": "1.17.0", "vulns": []}
    assert advisories.read_pip_audit(pip_audit(known, {"name": "ours", "skip_reason": "no"})) == []
    assert "does not have them: ours" in capsys.readouterr().out


def test_a_network_that_is_away_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(advisories.Unreachable, match="Proxy"):
        advisories.audited(["requests==2.19.0"])


def test_a_look_up_that_breaks_is_a_failure() -> None:
    with pytest.raises(RuntimeError, match="not a requirement"):
        advisories.audited(["not a requirement"])


def test_what_is_needed_indirectly_is_looked_up_too() -> None:
    pins = set(advisories.installed(Requirement("submarine-jupyter[lab]"), set()))
    names = {pin.partition("==")[0].lower() for pin in pins}
    assert {"fastapi", "starlette", "jupyterlab", "tornado"} <= names
    assert not {"submarine-jupyter", "pytest", "ruff"} & names
