"""The same experiments on every engine: what people see does not depend on where a run runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from submarine_jupyter.cli import main

from ..server.api import Api, experiment, python, wait_until
from ..server.repositories import make_repository

PATIENCE = 120.0
EXAMPLES = Path(__file__).parents[2] / "examples"
# The stand-in for Kubernetes has no images, which is what these need there.
WITHOUT_IMAGES = pytest.mark.parametrize("api", ["local", "ray"], indirect=True)
# Ray copies the whole virtual environment of a node to make another of it.
MAKES_ENVIRONMENTS = pytest.mark.parametrize(
    "api",
    ["local", pytest.param("ray", marks=[pytest.mark.long, pytest.mark.timeout(400)])],
    indirect=True,
)


def end_of(api: Api, experiment_id: str) -> str:
    wait_until(lambda: api.status(experiment_id) in {"Succeeded", "Failed"}, PATIENCE)
    return api.status(experiment_id)


def test_parameter_servers_and_workers_find_each_other(api: Api) -> None:
    source = (
        "import os, json, time; config = json.loads(os.environ['TF_CONFIG']);"
        "print(json.dumps(config), flush=True);"
        "time.sleep(600 if config['task']['type'] == 'ps' else 0)"
    )
    identity = api.create(experiment(python(source), Ps=1, Worker=2))
    assert end_of(api, identity) == "Succeeded"
    seen = {pod: json.loads(lines[0]) for pod, lines in api.lines(identity).items()}
    assert {pod: config["task"] for pod, config in seen.items()} == {
        "ps-0": {"type": "ps", "index": 0},
        "worker-0": {"type": "worker", "index": 0},
        "worker-1": {"type": "worker", "index": 1},
    }
    clusters = {json.dumps(config["cluster"], sort_keys=True) for config in seen.values()}
    assert len(clusters) == 1
    pods = api.pods(identity)
    assert {name: pod["state"] for name, pod in pods.items()} == {
        "ps-0": "Stopped",
        "worker-0": "Succeeded",
        "worker-1": "Succeeded",
    }


def test_a_master_reaches_its_workers_over_the_network(api: Api) -> None:
    source = """
import os, socket, sys, time
rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
if rank == 0:
    with socket.create_server(("", place[1])) as server:
        print(sorted(server.accept()[0].recv(9).decode() for _ in range(size - 1)))
else:
    for _ in range(600):
        try:
            with socket.create_connection(place, 5) as master:
                master.send(f"rank {rank}".encode())
                sys.exit()
        except OSError:
            time.sleep(0.1)
    sys.exit("the master did not answer")
"""
    identity = api.create(experiment(python(source), "PyTorch", Master=1, Worker=2))
    assert end_of(api, identity) == "Succeeded"
    assert api.lines(identity)["master-0"] == ["['rank 1', 'rank 2']"]


def test_each_line_comes_once_whatever_its_bytes(api: Api) -> None:
    source = (
        "import sys; out = sys.stdout.buffer;"
        "[out.write(b'%d caf\\xe9 \\xff\\n' % n) for n in range(20000)];"
        "out.write(b'x' * 3000000 + b'\\n'); out.write(b'no newline')"
    )
    identity = api.create(experiment(python(source)))
    assert end_of(api, identity) == "Succeeded"
    name = f"{identity}-worker-0"
    content = api.call("GET", f"api/v1/experiment/{identity}/pods/{name}/log").content
    numbered = b"".join(b"%d caf\xe9 \xff\n" % number for number in range(20000))
    assert content == numbered + b"x" * 3000000 + b"\nno newline"
    assert api.pods(identity)["worker-0"]["logSize"] == len(content)


def test_a_failure_says_why(api: Api) -> None:
    identity = api.create(experiment(python("raise ValueError('the rate is negative')")))
    assert end_of(api, identity) == "Failed"
    events = api.events(identity)
    (end,) = [event for event in events if event["reason"] == "Error" and event["kind"] == "status"]
    assert "worker-0 exited with code 1: ValueError: the rate is negative" in end["message"]
    assert any(event["kind"] == "evidence" for event in events)


def test_a_command_that_is_not_there_says_so(api: Api) -> None:
    identity = api.create(experiment("there-is-no-such-program --at all"))
    assert end_of(api, identity) == "Failed"
    assert "CommandNotFound" in {event["reason"] for event in api.events(identity)}


def test_stopping_ends_the_program_and_keeps_its_lines(api: Api) -> None:
    identity = api.create(
        experiment(python("import time; print('began', flush=True); time.sleep(600)"))
    )
    wait_until(lambda: api.lines(identity)["worker-0"] == ["began"], PATIENCE)
    api.result("POST", f"api/v1/experiment/{identity}/stop")
    assert end_of(api, identity) == "Failed"
    assert api.lines(identity)["worker-0"] == ["began"]
    assert api.events(identity)[-1]["reason"] == "Stopped"


def test_deleting_forgets_a_run(api: Api) -> None:
    identity = api.create(experiment(python("import time; time.sleep(600)")))
    wait_until(lambda: api.status(identity) == "Running", PATIENCE)
    api.result("DELETE", f"api/v1/experiment/{identity}")
    assert api.call("GET", f"api/v1/experiment/{identity}").status_code == 404


def test_more_replicas_come_when_they_are_asked_for(api: Api) -> None:
    stay = python(
        "import os, time; print(os.environ['SUBMARINE_INDEX'], flush=True); time.sleep(600)"
    )
    identity = api.create(experiment(stay, Worker=1))
    wait_until(lambda: api.status(identity) == "Running", PATIENCE)
    api.result("PATCH", f"api/v1/experiment/{identity}", json=experiment(stay, Worker=3))
    wanted = {"worker-0": ["0"], "worker-1": ["1"], "worker-2": ["2"]}
    wait_until(lambda: api.lines(identity) == wanted, PATIENCE)
    api.result("PATCH", f"api/v1/experiment/{identity}", json=experiment(stay, Worker=2))
    wait_until(lambda: api.pods(identity)["worker-2"]["state"] == "Stopped", PATIENCE)
    assert api.status(identity) == "Running"
    api.result("DELETE", f"api/v1/experiment/{identity}")


def test_files_that_a_run_wrote_are_kept(api: Api) -> None:
    source = (
        "import os, pathlib; home = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR'], 'deep');"
        "home.mkdir(); home.joinpath('model.bin').write_bytes(bytes(range(256)) * 20000)"
    )
    identity = api.create(experiment(python(source)))
    assert end_of(api, identity) == "Succeeded"
    found: list[dict[str, Any]] = api.result("GET", f"api/v1/experiment/{identity}/files")
    assert [(file["path"], file["size"]) for file in found] == [("deep/model.bin", 5120000)]
    path = f"api/v1/experiment/{identity}/files/deep/model.bin"
    response: requests.Response = api.call("GET", path)
    assert response.content == bytes(range(256)) * 20000


def test_many_wait_for_room_and_all_get_it(api: Api) -> None:
    spec = experiment(python("print('here')"))
    spec["spec"]["Worker"]["resources"] = "cpu=2,memory=64M"
    identities = [api.create(spec) for _ in range(6)]
    assert {end_of(api, identity) for identity in identities} == {"Succeeded"}
    assert {api.lines(identity)["worker-0"][0] for identity in identities} == {"here"}


def preparing(api: Api, identity: str) -> list[str]:
    """Return what the timeline says of the preparation."""
    return [one["message"] for one in api.events(identity) if one["reason"] == "Preparing"]


def failure(api: Api, identity: str, reason: str) -> dict[str, str]:
    """Return the sentence and the evidence of a failure."""
    return {one["kind"]: one["message"] for one in api.events(identity) if one["reason"] == reason}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("repositories"))


@WITHOUT_IMAGES
def test_code_is_found_by_every_replica(api: Api, repository: Path) -> None:
    spec = experiment("python /code/current/train.py", Chief=(1, "python train.py"), Worker=2)
    spec["code"] = {"syncMode": "git", "git": {"url": repository.as_uri(), "branch": "dev"}}
    plan = api.result("POST", "api/v1/experiment", params={"dryRun": "true"}, json=spec)
    assert plan["prepares"] == [f"the code of {repository.as_uri()}, branch dev"]
    identity = api.create(spec)
    assert end_of(api, identity) == "Succeeded"
    lines = api.lines(identity)
    assert sorted(lines) == ["chief-0", "worker-0", "worker-1"]
    assert all(pod[0].startswith("dev 2 /") for pod in lines.values()), lines
    begun, done = preparing(api, identity)
    assert begun == f"fetching the code of {repository.as_uri()}, branch dev"
    assert done.startswith("the code is there, at ")
    reasons = [event["reason"] for event in api.events(identity)]
    order = ["Accepted", "Preparing", "Created", "Started", "Running", "Succeeded"]
    assert sorted(order, key=reasons.index) == order


@WITHOUT_IMAGES
def test_replicas_that_come_later_have_the_same_code(api: Api, repository: Path) -> None:
    wait = "python -c 'import time; time.sleep(600)'"
    spec = experiment(wait, Worker=1)
    spec["code"] = {"syncMode": "git", "git": {"url": repository.as_uri()}}
    identity = api.create(spec)
    wait_until(lambda: api.status(identity) == "Running", PATIENCE)
    spec["code"]["git"]["branch"] = "dev"
    spec["spec"]["Worker"] |= {"replicas": 2, "cmd": "cat /code/current/train.py"}
    api.result("PATCH", f"api/v1/experiment/{identity}", json=spec)
    wait_until(lambda: bool(api.lines(identity).get("worker-1")), PATIENCE)
    assert "'main'" in "".join(api.lines(identity)["worker-1"])
    assert len(preparing(api, identity)) == 2
    api.result("DELETE", f"api/v1/experiment/{identity}")


@WITHOUT_IMAGES
def test_code_that_is_not_there_fails_the_run_with_gits_words(api: Api, tmp_path: Path) -> None:
    spec = experiment("python /code/current/train.py")
    spec["code"] = {"syncMode": "git", "git": {"url": (tmp_path / "none.git").as_uri()}}
    identity = api.create(spec)
    assert end_of(api, identity) == "Failed"
    said = failure(api, identity, "CodeSyncFailed")
    assert said["status"].startswith("its code could not be fetched: git clone failed: fatal: ")
    assert "none.git" in said["evidence"]


def register(api: Api, name: str, **packages: list[str]) -> None:
    environment = {"name": name, "kernelSpec": {"name": "k", **packages}}
    api.result("POST", "api/v1/environment", json=environment)


def run_in(name: str) -> dict[str, Any]:
    cmd = python("import lacking, sys; print(lacking.VERSION, sys.prefix != sys.base_prefix)")
    return experiment(cmd) | {"environment": {"name": name}}


@MAKES_ENVIRONMENTS
def test_a_run_has_the_packages_of_its_environment(api: Api) -> None:
    register(api, "lab", pipDependencies=["lacking==1.0"])
    plan = api.result("POST", "api/v1/experiment", params={"dryRun": "true"}, json=run_in("lab"))
    assert plan["prepares"] == ["the environment lab: lacking==1.0"]
    identity = api.create(run_in("lab"))
    assert end_of(api, identity) == "Succeeded"
    assert api.lines(identity)["worker-0"] == ["1.0 True"]
    begun, done = preparing(api, identity)
    assert begun == "preparing the environment lab: lacking==1.0"
    assert done.startswith("the environment lab is ready after ")


@MAKES_ENVIRONMENTS
def test_packages_that_are_not_there_fail_the_run_with_pips_words(api: Api) -> None:
    register(api, "gone", pipDependencies=["lacking==3.0"])
    identity = api.create(run_in("gone"))
    wait_until(lambda: api.status(identity) == "Failed", 3 * PATIENCE)
    said = failure(api, identity, "EnvironmentFailed")
    assert said["status"].startswith("its environment could not be made: ")
    assert "No matching distribution found for lacking==3.0" in said["status"]
    assert "Could not find a version" in said["evidence"]


@pytest.mark.parametrize("api", ["ray"], indirect=True)
def test_conda_packages_are_refused_where_nobody_installs_them(api: Api) -> None:
    register(api, "anaconda", condaDependencies=["alabaster=0.7.12"])
    response = api.call("POST", "api/v1/experiment", json=run_in("anaconda"))
    assert response.status_code == 400
    said = "environment.name: anaconda has conda packages, which are not installed on Ray's nodes"
    assert said in response.json()["message"]


@WITHOUT_IMAGES
@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("specs/*.yaml")), ids=lambda file: file.stem)
def test_the_examples_run_as_they_are(
    api: Api, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUBMARINE_URL", api.server.url)
    monkeypatch.setenv("SUBMARINE_TOKEN", api.server.token or "")
    monkeypatch.chdir(EXAMPLES)
    assert main(["submit", str(file), "--wait"]) == 0
    identity = capsys.readouterr().out.split()[0]
    assert api.status(identity) == "Succeeded"
    assert all(lines for lines in api.lines(identity).values())
