"""How experiments run as processes: environment, success and failure, files, nothing left over."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
import pytest
import requests

from submarine_jupyter import launch

from .api import Api, experiment, python, wait_until

SLEEP = python("import time; time.sleep(60)")


def run(api: Api, spec: dict[str, object]) -> tuple[str, str]:
    identity = api.create(spec)
    return identity, api.wait_for_end(identity)


def test_tensorflow_replicas_find_each_other_by_tf_config(api: Api) -> None:
    show = python("import os; print(os.environ['TF_CONFIG'])")
    identity, _ = run(api, experiment(show, Ps=1, Worker=2, Evaluator=1))
    seen = {pod: json.loads(lines[0]) for pod, lines in api.lines(identity).items() if lines}
    assert seen.keys() >= {"worker-0", "worker-1"}
    clusters = {json.dumps(config["cluster"]) for config in seen.values()}
    assert len(clusters) == 1
    cluster = seen["worker-0"]["cluster"]
    assert {role: len(hosts) for role, hosts in cluster.items()} == {"ps": 1, "worker": 2}
    assert len({host for hosts in cluster.values() for host in hosts}) == 3
    assert seen["worker-1"]["task"] == {"type": "worker", "index": 1}


@pytest.mark.parametrize("framework", ["PyTorch", "XGBoost"])
def test_master_and_workers_find_each_other_by_rank(api: Api, framework: str) -> None:
    names = ["MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"]
    show = python(f"import os; print(*[os.environ[name] for name in {names}])")
    identity, status = run(api, experiment(show, framework, Master=1, Worker=2))
    assert status == "Succeeded"
    seen = {pod: lines[0].split() for pod, lines in api.lines(identity).items() if lines}
    ranks = {pod: values[2:] for pod, values in seen.items()}
    assert ranks == {"master-0": ["0", "3"], "worker-0": ["1", "3"], "worker-1": ["2", "3"]}
    assert len({tuple(values[:2]) for values in seen.values()}) == 1


def test_a_run_finds_its_directory_interpreter_and_output(api: Api, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'beside'")
    source = (
        "import helper, os, sys, pathlib; print(helper.WORD, sys.executable);"
        "pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR'], 'a.txt').write_text('kept')"
    )
    env = {"SUBMARINE_WORKDIR": str(tmp_path), "SUBMARINE_PYTHON": sys.executable}
    identity, status = run(api, experiment(python(source), env=env))
    assert status == "Succeeded"
    assert api.lines(identity)["worker-0"] == [f"beside {sys.executable}"]
    (file,) = api.result("GET", f"api/v1/experiment/{identity}/files")
    assert (file["path"], file["size"]) == ("a.txt", 4)
    response = api.call("GET", f"api/v1/experiment/{identity}/files/a.txt")
    assert response.text == "kept"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["../spec.json", "..%2fspec.json", "link", "%00", "missing"])
def test_no_file_outside_the_output_is_given_away(api: Api, path: str) -> None:
    source = (
        "import os; os.chdir(os.environ['SUBMARINE_OUTPUT_DIR']); os.symlink('/etc/passwd', 'link')"
    )
    identity, _ = run(api, experiment(python(source)))
    assert api.result("GET", f"api/v1/experiment/{identity}/files") == []
    prepared = f"{api.server.url}/api/v1/experiment/{identity}/files/{path}"
    request = api.session.prepare_request(requests.Request("GET", prepared))
    request.url = prepared
    request.headers["Authorization"] = f"Bearer {api.server.token}"
    assert api.session.send(request).status_code == 404


def test_a_command_that_does_not_exist_fails_with_the_reason(api: Api) -> None:
    identity, status = run(api, experiment("no-such-program --flag"))
    assert status == "Failed"
    said = "cannot run 'no-such-program': No such file or directory"
    assert api.lines(identity)["worker-0"] == [f"submarine: {said}"]
    end = api.events(identity)[-1]
    assert (end["reason"], end["message"]) == ("CommandNotFound", f"worker-0 {said}")


def test_a_directory_that_does_not_exist_fails_with_the_reason(api: Api) -> None:
    identity, status = run(api, experiment(python("1"), env={"SUBMARINE_WORKDIR": "/no/such"}))
    assert status == "Failed"
    assert api.events(identity)[-1]["reason"] == "WorkdirNotFound"


@pytest.mark.parametrize(
    ("source", "reason", "said"),
    [
        ("raise SystemExit(3)", "Error", "worker-0 exited with code 3"),
        ("import os; os.kill(os.getpid(), 15)", "Signal", "worker-0 was ended by SIGTERM"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "Signal",
            "worker-0 was ended by SIGKILL; the machine may have run out of memory",
        ),
        (
            "raise ValueError('no data')",
            "Error",
            "worker-0 exited with code 1: ValueError: no data",
        ),
    ],
)
def test_a_failure_is_told_in_a_sentence(api: Api, source: str, reason: str, said: str) -> None:
    identity, status = run(api, experiment(python(source)))
    assert status == "Failed"
    end = api.events(identity)[-1]
    assert end["reason"] == reason
    assert end["message"] == said


def test_servants_are_stopped_by_policy_when_the_workers_are_done(api: Api) -> None:
    identity, status = run(api, experiment(python("pass"), Ps=(1, SLEEP), Worker=2))
    assert status == "Succeeded"
    pods = api.pods(identity)
    assert (pods["ps-0"]["state"], pods["ps-0"]["reason"]) == ("Stopped", "StoppedByPolicy")
    assert pods["worker-0"]["state"] == "Succeeded"


def test_other_workers_may_end_by_themselves_after_the_chief(api: Api) -> None:
    slow = python("import time; time.sleep(1); print('my last line')")
    identity, status = run(api, experiment(slow, Chief=(1, python("pass")), Worker=1))
    assert status == "Succeeded"
    assert api.lines(identity)["worker-0"] == ["my last line"]


def test_a_run_that_is_stopped_at_once_stops(api: Api) -> None:
    identity = api.create(experiment(SLEEP))
    api.result("POST", f"api/v1/experiment/{identity}/stop")
    assert api.wait_for_end(identity) == "Failed"
    end = api.events(identity)[-1]
    assert (end["reason"], end["message"]) == ("Stopped", "it was stopped on request")


def test_one_failure_ends_the_rest(api: Api) -> None:
    identity, status = run(
        api, experiment(None, Ps=(1, SLEEP), Worker=(2, python("raise SystemExit(1)")))
    )
    assert status == "Failed"
    assert api.pods(identity)["ps-0"]["state"] == "Stopped"


DOUBLE_FORK = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep({seconds})
"""


def test_delete_ends_what_double_forked_away(api: Api) -> None:
    identity = api.create(experiment(python(DOUBLE_FORK.format(seconds=600))))
    wait_until(lambda: len(api.lines(identity)["worker-0"]) == 1)
    stray = int(api.lines(identity)["worker-0"][0])
    assert psutil.pid_exists(stray)
    api.result("DELETE", f"api/v1/experiment/{identity}")
    assert not psutil.pid_exists(stray)


def test_a_run_is_over_only_when_its_whole_tree_is_gone(api: Api) -> None:
    identity, status = run(api, experiment(python(DOUBLE_FORK.format(seconds=0.5))))
    assert status == "Succeeded"
    assert not psutil.pid_exists(int(api.lines(identity)["worker-0"][0]))


def test_a_program_that_ignores_sigterm_is_killed_by_delete(api: Api) -> None:
    source = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    identity = api.create(experiment(python(source)))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["deaf"])
    api.result("DELETE", f"api/v1/experiment/{identity}")
    assert not [p for p in psutil.process_iter(["environ"]) if is_of(p, identity)]


def is_of(process: psutil.Process, identity: str) -> bool:
    return (process.info["environ"] or {}).get("JOB_ID") == identity


def test_a_run_goes_on_while_its_server_is_gone(api: Api, data_dir: Path) -> None:
    source = "import time\nfor step in range(20): print(step, flush=True); time.sleep(0.1)"
    identity = api.create(experiment(python(source)))
    wait_until(lambda: len(api.lines(identity)["worker-0"]) > 2)
    psutil.Process(api.server.pid).kill()
    psutil.wait_procs([psutil.Process(api.server.pid)] if psutil.pid_exists(api.server.pid) else [])
    again = Api(launch.ensure(data_dir))
    assert again.server.pid != api.server.pid
    assert again.wait_for_end(identity) == "Succeeded"
    assert again.lines(identity)["worker-0"] == [str(step) for step in range(20)]
    reasons = [event["reason"] for event in again.events(identity) if event["kind"] != "warning"]
    assert reasons == ["Accepted", "Created", "Started", "Running", "Succeeded", "Succeeded"]


def test_a_lost_supervisor_is_told_and_leaves_no_process(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(SLEEP))
    api.wait_for(identity, "Running")
    replica = next(p for p in psutil.process_iter(["environ"]) if is_of(p, identity))
    supervisor = replica.parent()
    assert supervisor is not None
    supervisor.kill()
    assert api.wait_for_end(identity) == "Failed"
    assert api.events(identity)[-1]["reason"] == "Unknown"
    wait_until(lambda: not replica.is_running() or replica.status() == psutil.STATUS_ZOMBIE)
