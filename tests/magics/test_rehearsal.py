"""Rehearsals in a real kernel: in small on this machine, whichever server is used."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from submarine_jupyter import launch

from ..server.api import Api
from ..server.servers import serving
from .conftest import Kernel, Ran, experiment_id

PROGRAM = """\
import os, time
for step in range(1000):
    print(f"step={step} loss={1 / (step + 1):.3f}", flush=True)
    if step == 0:
        names = "RANK", "WORLD_SIZE", "MASTER_ADDR"
        print(*(f"{name}={os.environ[name]}" for name in names), flush=True)
    time.sleep(0.05)
"""
SPEC = """\
meta: {name: big, framework: PyTorch, cmd: python endless.py, tags: [mine]}
environment: {name: plain, image: example/train:1}
spec:
  Master: {replicas: 1, resources: "cpu=1,memory=64M"}
  Worker: {replicas: 2, resources: "cpu=1,memory=900Gi,nvidia.com/gpu=64"}
"""

PRINTS_TWICE = """\
print("loss=0.5")
print("accuracy=0.25")
"""

CONNECT = "%submarine connect {{team[0]}} --token-file {{team[1]}}"


@pytest.fixture(scope="module")
def team(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield another server, that the kernel's submissions go to, and that has an environment."""
    directory = tmp_path_factory.mktemp("team")
    with serving(directory) as api:
        body = {"name": "plain", "dockerImage": "example/train:1"}
        api.result("POST", "api/v1/environment", json=body)
        kernel.run(f"open('endless.py', 'w').write({PROGRAM!r})")
        kernel.run(f"team = '{api.server.url}', '{directory / 'token'}'")
        assert kernel.run(CONNECT).error is None
        yield api
        kernel.run("%submarine connect")


def rehearse(kernel: Kernel, body: str, flags: str) -> Ran:
    return kernel.run(f"%%submarine experiment {flags}\n{body}")


def here(kernel: Kernel) -> Api:
    server = launch.find(kernel.data_dir)
    assert server is not None
    return Api(server)


def names(api: Api) -> list[str]:
    listed = api.result("GET", "api/v1/experiment")
    return [experiment["spec"]["meta"]["name"] for experiment in listed]


def test_a_spec_is_rehearsed_here_and_then_submitted_there(kernel: Kernel, team: Api) -> None:
    ran = rehearse(kernel, SPEC, "--rehearse 5s -o small")
    assert ran.error is None
    assert "Rehearsal of big on this machine, for 5 s at most." in ran.text
    assert "spec.Worker.resources: cpu=1,memory=900Gi,nvidia.com/gpu=64 → cpu=1,memory=" in ran.text
    assert "environment.name: plain was registered on this machine" in ran.text
    assert "Ignored here: image: the local submitter runs processes" in ran.text
    assert "nothing failed in 5 s; then it was stopped." in ran.text
    assert "big: Stopped, waited" in ran.text
    assert names(team) == []
    pods = here(kernel).lines(experiment_id(ran))
    told = {pod: lines[1] for pod, lines in pods.items()}
    assert told == {
        "master-0": "RANK=0 WORLD_SIZE=3 MASTER_ADDR=127.0.0.1",
        "worker-0": "RANK=1 WORLD_SIZE=3 MASTER_ADDR=127.0.0.1",
        "worker-1": "RANK=2 WORLD_SIZE=3 MASTER_ADDR=127.0.0.1",
    }
    shown = ran.text.partition("then it was stopped.")[2]
    assert pods["worker-1"][-1] in shown
    assert "Stopped" in shown
    kept = kernel.run("print(small.status, *small.spec['meta']['tags'], len(small.pods()))")
    assert kept.text == "Failed mine rehearsal 3\n"
    assert "loss" in kernel.run("%submarine metrics").text
    assert "RANK=2" in kernel.run(f"%submarine logs {experiment_id(ran)} --tail 1000").text

    # One that is as large as that can only be planned here.
    plan = kernel.run("%submarine experiment --rehearsed --dry-run")
    assert plan.error is not None
    assert "its replicas ask for" in plan.error


def test_an_environment_that_differs_here_is_told(kernel: Kernel, team: Api) -> None:
    spec = "meta: {name: short, framework: TensorFlow, cmd: 'true'}\n"
    spec += "environment: {name: changed}\n"
    spec += "spec: {Worker: {replicas: 1, resources: 'cpu=1,memory=64M'}}\n"
    body = {"name": "changed", "dockerImage": "example/train:1"}
    team.result("POST", "api/v1/environment", json=body)
    told = "the changed of this machine is used, and the server has another of that name"
    assert "changed was registered on this machine" in rehearse(kernel, spec, "--rehearse 5s").text
    assert told not in rehearse(kernel, spec, "--rehearse 5s").text
    body["dockerImage"] = "example/train:2"
    team.result("PATCH", "api/v1/environment/changed", json=body)
    assert told in rehearse(kernel, spec, "--rehearse 5s").text


def test_what_went_well_is_submitted_as_it_was(kernel: Kernel, team: Api) -> None:
    ran = rehearse(kernel, PRINTS_TWICE, "--name short --replicas Worker=2 --rehearse 1min")
    assert ran.error is None
    assert "Rehearsal of short: it went well to its end." in ran.text
    table = ran.text.partition("to its end.\n")[2].splitlines()
    assert [line.split("  ")[0] for line in table[:3]] == ["Pod", "worker-0", "worker-1"]
    assert all("Succeeded  loss 0.5 · accuracy 0.25  " in line for line in table[1:3])
    assert "`%submarine experiment --rehearsed`" in ran.text
    real = kernel.run("%submarine experiment --rehearsed --wait -e EPOCHS=3 -o real")
    assert real.error is None
    assert team.status(experiment_id(real)) == "Succeeded"
    meta = kernel.run("m = real.spec['meta']; print(m['name'], m['tags'], m['envVars']['EPOCHS'])")
    assert meta.text == "short [] 3\n"


def test_a_failure_says_why_and_offers_nothing(kernel: Kernel, team: Api) -> None:
    before = names(team)
    ran = rehearse(kernel, "\n1 / 0", "--name broken --rehearse 20s -o broken")
    assert ran.name == "ExperimentFailed"
    assert ran.error is not None
    assert "worker-0 exited with code 1: ZeroDivisionError: division by zero" in ran.error
    assert "Rehearsal of broken: it failed. Nothing was submitted for real." in ran.text
    assert "--rehearsed`" not in ran.text
    assert kernel.run("broken.status").text == "'Failed'"
    after = kernel.run("%submarine experiment --rehearsed")
    assert after.error is not None
    assert after.error.startswith("UsageError: --rehearsed: no rehearsal has gone well")
    assert names(team) == before


def test_a_file_and_a_grid(kernel: Kernel, team: Api) -> None:
    kernel.run(f"open('big.yaml', 'w').write({SPEC!r})")
    ran = kernel.run("%submarine experiment -f big.yaml --replicas Worker=1 --rehearse 1s")
    assert ran.error is None
    assert "nothing failed in 1 s" in ran.text
    assert "spec.Worker" in ran.text
    grid = rehearse(kernel, "print('n', {{n}})", "--name grid --grid n=1,2,3 --rehearse 20s")
    assert grid.error is None
    assert "1 of the 3 were rehearsed." in grid.text
    assert "grid-2" not in grid.text
    real = kernel.run("%submarine experiment --rehearsed --wait -o runs")
    assert real.error is None
    assert kernel.run("print(*runs['name'])").text == "grid-1 grid-2 grid-3\n"
    assert set(names(team)) >= {"grid-1", "grid-2", "grid-3"}


def test_lists_tell_rehearsals_apart(kernel: Kernel, team: Api) -> None:
    rehearse(kernel, "pass", "--name listed --rehearse 20s")
    kernel.run("%submarine connect")
    try:
        assert "listed (rehearsal)" in kernel.run("%submarine list --tag rehearsal").text
    finally:
        kernel.run(CONNECT)


def test_an_interrupt_stops_it(kernel: Kernel, team: Api) -> None:
    message = kernel.start(
        "%%submarine experiment --rehearse 1h -o cut\nimport time\nprint('began', flush=True)\n"
        "time.sleep(600)"
    )
    kernel.wait_for("worker-0: began")
    kernel.manager.interrupt_kernel()
    ran = kernel.finish(message)
    assert ran.name == "KeyboardInterrupt"
    assert ran.error is not None
    assert "is being stopped" in ran.error
    ended = kernel.run("try: cut.wait(60)\nexcept Exception as error: print(error.reason)")
    assert ended.text == "Stopped\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--rehearse 20 -f x.yaml", "--rehearse: '20' is no duration; write it as 20s, 5min or 1h"),
        ("--rehearse 20s --dry-run -f x.yaml", "--dry-run: runs nothing, and --rehearse does"),
        ("--rehearse 20s --no-wait -f x.yaml", "--no-wait: a rehearsal is waited for"),
        ("--rehearsed -f x.yaml", "--rehearsed: submits what was rehearsed last; leave out"),
        ("--rehearsed --grid n=1,2", "--rehearsed: submits what was rehearsed last; leave out"),
        ("--reherse 20s", "there is no flag --reherse; did you mean --rehearse?"),
    ],
)
def test_what_cannot_be(line: str, says: str, kernel: Kernel) -> None:
    ran = kernel.run(f"%submarine experiment {line}")
    assert ran.name == "UsageError"
    assert ran.error is not None
    assert says in ran.error


def test_help_and_completion(kernel: Kernel) -> None:
    assert "--rehearse 20s" in kernel.run("%submarine experiment --help").text
    assert {"--rehearse", "--rehearsed"} <= set(kernel.complete("%%submarine experiment --reh"))
    assert "20s" in kernel.complete("%%submarine experiment --rehearse ")
