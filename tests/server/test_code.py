"""`code`: fetched by git into `$CODE_PATH`, with credentials that nobody is shown."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from .api import Api, experiment, python, wait_until
from .repositories import GitServer, git, git_server, make_certificate, make_repository
from .servers import serving

PATH = "api/v1/experiment"
PASSWORD = "pearl-in-an-oyster"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("repositories"))


@pytest.fixture
def remote(repository: Path) -> Iterator[GitServer]:
    with git_server(repository.parent) as server:
        yield server


@pytest.fixture(scope="module")
def permissive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield the API of a server that fetches over http and from files too."""
    allowed = ("--allow-code", "http", "--allow-code", "file", "--code-timeout", "20")
    with serving(tmp_path_factory.mktemp("data"), *allowed) as api:
        yield api


def with_code(code: dict[str, Any], cmd: str = "python /code/current/train.py") -> dict[str, Any]:
    return experiment(cmd) | {"code": code}


def git_code(url: str, **fields: Any) -> dict[str, Any]:
    return {"syncMode": "git", "git": {"url": url, **fields}}


def finished(api: Api, spec: dict[str, Any], status: str = "Succeeded") -> str:
    identity = api.create(spec)
    assert api.wait_for_end(identity) == status, api.events(identity)
    return identity


def code_path(api: Api, identity: str) -> str:
    """Return `$CODE_PATH` as the program printed it."""
    return api.lines(identity)["worker-0"][0].split()[-1]


def failure(api: Api, identity: str) -> tuple[str, str]:
    """Return the sentence and the evidence of a failed fetch."""
    found = [one for one in api.events(identity) if one["reason"] == "CodeSyncFailed"]
    texts = {one["kind"]: one["message"] for one in found}
    return texts["status"], texts["evidence"]


def test_code_is_fetched_over_http_and_found_below_code(
    permissive: Api, remote: GitServer, repository: Path
) -> None:
    identity = finished(permissive, with_code(git_code(f"{remote.url}/project.git")))
    line = permissive.lines(identity)["worker-0"][0]
    assert line.startswith("main 2 /")
    checkout = Path(code_path(permissive, identity), "current")
    assert git(checkout, "rev-list", "--count", "HEAD") == "1"
    said = [one["message"] for one in permissive.events(identity) if one["reason"] == "Preparing"]
    revision = git(repository, "rev-parse", "--short=12", "main")
    assert said == [
        f"fetching the code of {remote.url}/project.git, branch main",
        f"the code is there, at {revision}",
    ]


def test_a_branch_is_chosen_and_the_old_shape_takes_the_repositorys_own(
    permissive: Api, remote: GitServer
) -> None:
    url = f"{remote.url}/project.git"
    chosen = finished(permissive, with_code(git_code(url, branch="dev"), "python train.py"))
    assert permissive.lines(chosen)["worker-0"][0].startswith("dev 2 ")
    code = {"syncMode": "git", "url": url}
    old = finished(permissive, with_code(code, "sh -c 'cd /code/current && cat /code/current/*'"))
    assert "main" in "".join(permissive.lines(old)["worker-0"])
    assert permissive.get(old)["spec"]["code"] == code


def test_code_may_come_from_a_file_where_the_server_allows_it(
    permissive: Api, shared_api: Api, repository: Path
) -> None:
    spec = with_code(git_code(repository.as_uri()))
    finished(permissive, spec)
    refused = shared_api.call("POST", PATH, json=spec)
    assert refused.status_code == 400
    assert "code.git.url: file:// is not fetched from by this server" in refused.json()["message"]


def test_code_may_come_over_ssh(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\necho "$@" >> "$0.asked"\nfor word; do :; done\neval "$word"\n')
    ssh.chmod(0o700)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    with serving(tmp_path / "data") as api:
        url = f"ssh://git@host.test:2222{repository}"
        identity = finished(api, with_code(git_code(url, branch="dev")))
        assert api.lines(identity)["worker-0"][0].startswith("dev 2 ")
    asked = (tmp_path / "ssh.asked").read_text()
    assert "-p 2222 git@host.test git-upload-pack" in asked


def test_credentials_are_used_and_never_shown(
    permissive: Api, remote: GitServer, tmp_path: Path
) -> None:
    remote.password = f"someone:{PASSWORD}"
    url = f"{remote.url}/project.git"
    spec = with_code(git_code(url, username="someone", password=PASSWORD))
    spec["spec"]["Worker"]["cmd"] = "python /code/current/train.py"
    created = permissive.result("POST", PATH, json=spec)
    identity = created["experimentId"]
    assert permissive.wait_for_end(identity) == "Succeeded"
    hidden = {"username": "********", "password": "********"}
    for answered in (created, permissive.get(identity)):
        assert answered["spec"]["code"]["git"] == {
            "url": url,
            "branch": "main",
            **hidden,
            "trustCerts": None,
        }
    planned = permissive.call("POST", PATH, params={"dryRun": "true"}, json=spec)
    assert PASSWORD not in planned.text
    assert not any(PASSWORD in asked for asked in remote.asked)
    directory = Path(code_path(permissive, identity)).parent
    stored = [directory.parent.parent / "experiments.db", *directory.rglob("*")]
    for path in stored:
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path


@contextmanager
def waiting_for_room(remote: GitServer, data_dir: Path) -> Iterator[tuple[Api, str, Path]]:
    """Yield a server, a run that cannot begin yet, and the file of its credentials."""
    with serving(data_dir, "--allow-code", "http", "--memory", "64M") as api:
        holder = api.create(experiment(python("import time; time.sleep(60)")))
        api.wait_for(holder, "Running")
        code = git_code(f"{remote.url}/project.git", username="someone", password=PASSWORD)
        identity = api.create(with_code(code))
        yield api, identity, data_dir / "experiments" / identity / "credentials.json"
        api.result("DELETE", f"{PATH}/{holder}")


def test_credentials_that_wait_are_in_a_private_file_alone(
    remote: GitServer, tmp_path: Path
) -> None:
    with waiting_for_room(remote, tmp_path) as (api, identity, file):
        assert file.stat().st_mode & 0o077 == 0
        assert PASSWORD in file.read_text()
        assert PASSWORD.encode() not in (tmp_path / "experiments.db").read_bytes()

        # What was answered can be sent back, but not to send them to somebody else.
        spec = api.get(identity)["spec"]
        api.result("PATCH", f"{PATH}/{identity}", json=spec)
        assert PASSWORD in file.read_text()
        spec["code"]["git"]["url"] = "https://elsewhere.test/project.git"
        refused = api.call("PATCH", f"{PATH}/{identity}", json=spec)
        assert refused.status_code == 400
        assert "code.git.password: stands for a value that is hidden" in refused.json()["message"]
        spec["code"]["git"] |= {"username": None, "password": None}
        api.result("PATCH", f"{PATH}/{identity}", json=spec)
        assert not file.exists()
        api.result("DELETE", f"{PATH}/{identity}")


def test_credentials_of_a_run_that_never_began_go_with_its_end(
    remote: GitServer, tmp_path: Path
) -> None:
    with waiting_for_room(remote, tmp_path) as (api, identity, file):
        assert file.exists()
        api.result("POST", f"{PATH}/{identity}/stop")
        assert api.wait_for_end(identity) == "Failed"
        assert not file.exists()


def test_credentials_sent_after_the_end_are_not_kept(remote: GitServer, tmp_path: Path) -> None:
    with waiting_for_room(remote, tmp_path) as (api, identity, file):
        api.result("POST", f"{PATH}/{identity}/stop")
        assert api.wait_for_end(identity) == "Failed"
        url = f"{remote.url}/project.git"
        code = git_code(url, username="someone", password=PASSWORD)
        api.result("PATCH", f"{PATH}/{identity}", json=with_code(code))
        assert not file.exists()


def test_credentials_go_to_no_other_server(permissive: Api, remote: GitServer) -> None:
    with git_server(remote.root) as other:
        other.password = f"someone:{PASSWORD}"
        remote.moved = other.url
        code = git_code(f"{remote.url}/project.git", username="someone", password=PASSWORD)
        finished(permissive, with_code(code), "Failed")
        assert other.asked
        assert set(other.authorized) == {None}


def test_a_certificate_that_nobody_trusts_is_taken_only_when_told(
    shared_api: Api, repository: Path, tmp_path: Path
) -> None:
    with git_server(repository.parent, make_certificate(tmp_path)) as server:
        url = f"{server.url}/project.git"
        finished(shared_api, with_code(git_code(url, trustCerts=True)))
        identity = finished(shared_api, with_code(git_code(url)), "Failed")
        assert "certificate" in failure(shared_api, identity)[0]


def test_a_fetch_that_fails_says_why_with_evidence(permissive: Api, remote: GitServer) -> None:
    url = f"{remote.url}/project.git"
    identity = finished(permissive, with_code(git_code(url, branch="nowhere")), "Failed")
    said, evidence = failure(permissive, identity)
    assert said.startswith("its code could not be fetched: git clone failed: fatal: ")
    assert "Remote branch nowhere not found" in said
    assert "Remote branch nowhere not found" in evidence
    remote.password = f"someone:{PASSWORD}"
    identity = finished(permissive, with_code(git_code(url, password="wrong")), "Failed")
    assert "Authentication failed" in failure(permissive, identity)[0]
    identity = finished(permissive, with_code(git_code(url)), "Failed")
    assert "terminal prompts disabled" in failure(permissive, identity)[0]


def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        serving(tmp_path, "--allow-code", "http", "--code-timeout", "0.5") as api,
    ):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/project.git"
        identity = finished(api, with_code(git_code(url)), "Failed")
        found = [one["message"] for one in api.events(identity) if one["kind"] == "status"]
        assert found[-1] == "its code could not be fetched: git clone took more than 0.5 s"
        wait_until(lambda: not any(url in argument for argument in arguments()))


def arguments() -> Iterator[str]:
    """Yield the arguments of every process."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            yield from process.cmdline()


@pytest.mark.parametrize("mode", ["hdfs", "NFS", "s3"])
def test_other_ways_to_sync_are_kept_and_ignored(shared_api: Api, mode: str) -> None:
    code = {"syncMode": mode, "url": f"{mode.lower()}://host/path"}
    spec = with_code(code, python("print('ran')"))
    plan = shared_api.result("POST", PATH, params={"dryRun": "true"}, json=spec)
    assert any(sentence.startswith(f"code: syncMode {mode}") for sentence in plan["ignored"])
    identity = finished(shared_api, spec)
    assert shared_api.get(identity)["spec"]["code"] == code
    reasons = [one["reason"] for one in shared_api.events(identity) if one["kind"] == "warning"]
    assert "CodeSyncIgnored" in reasons


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (git_code("git@github.com:apache/submarine.git"), "URL is malformed. git@github.com"),
        (git_code("--upload-pack=touch /tmp/x"), "URL is malformed. "),
        (git_code("https://host.test/a b.git"), "URL is malformed. "),
        (git_code("https://host.test/a\n.git"), "URL is malformed. "),
        (git_code("ssh://-oProxyCommand=touch/x.git"), "URL is malformed. "),
        (git_code("ssh://-l@host.test/x.git"), "URL is malformed. "),
        (git_code("https://host.test"), "URL is malformed. "),
        (git_code("https://host.test:port/x.git"), "URL is malformed. "),
        ({"syncMode": "git"}, "code.url: Invalid Code Spec: URL is malformed. "),
        (git_code("ext::sh -c touch"), "URL is malformed. "),
        (git_code("ftp://host.test/x.git"), "ftp:// is not fetched from"),
        (git_code("http://host.test/x.git"), "http:// is not fetched from by this server"),
        (git_code(f"https://me:{PASSWORD}@host.test/x.git"), "holds a name or password"),
        (git_code("https://host.test/x.git", branch="--config=x"), "is no name of a branch"),
        (git_code("https://host.test/x.git", branch="a..b"), "is no name of a branch"),
        (git_code("https://host.test/x.git", password="a\nb"), "holds a line break"),
        (git_code("https://host.test/x.git", password="********"), "stands for a value"),
        (git_code("https://host.test/x.git", password=[PASSWORD]), "must be a text"),
        ({"syncMode": "svn", "url": "https://host.test/x"}, "code.syncMode: 'svn' is not known"),
    ],
)
def test_what_cannot_or_must_not_be_fetched_is_refused(
    shared_api: Api, code: dict[str, Any], said: str
) -> None:
    response = shared_api.call("POST", PATH, json=with_code(code))
    assert response.status_code == 400, response.text
    message = response.json()["message"]
    assert message.startswith("code.")
    assert said in message
    assert PASSWORD not in message


def test_a_run_goes_on_with_the_code_it_began_with(permissive: Api, remote: GitServer) -> None:
    spec = with_code(git_code(f"{remote.url}/project.git"), python("import time; time.sleep(60)"))
    identity = permissive.create(spec)
    permissive.wait_for(identity, "Running")
    spec["code"]["git"]["branch"] = "dev"
    spec["spec"]["Worker"] |= {"replicas": 2, "cmd": "cat train.py"}
    permissive.result("PATCH", f"{PATH}/{identity}", json=spec)
    wait_until(lambda: bool(permissive.lines(identity).get("worker-1")))
    assert "'main'" in "".join(permissive.lines(identity)["worker-1"])
    said = [one["message"] for one in permissive.events(identity) if one["reason"] == "Ignored"]
    assert "code: the run goes on with the code that it began with" in said
    permissive.result("DELETE", f"{PATH}/{identity}")
