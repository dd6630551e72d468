"""The same experiments on every engine: what people see does not depend on where a run runs."""

from __future__ import annotations

import json
from typing import Any

import requests

from ..server.api import Api, experiment, python, wait_until

PATIENCE = 120.0


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
