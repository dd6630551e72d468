"""The client's documented methods and the handle, on a real server."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter import Experiment, ExperimentClient, ExperimentSpec, launch
from submarine_jupyter.errors import (
    ApiError,
    BadRequest,
    ExperimentFailed,
    NotFound,
    SpecError,
    UsageError,
)


def spec(code: str, **meta: Any) -> dict[str, Any]:
    workers = meta.pop("workers", 1)
    return {
        "meta": {"name": "Run", "framework": "TensorFlow", "cmd": f'python -u -c "{code}"', **meta},
        "environment": {},
        "spec": {"Worker": {"replicas": workers, "resources": "cpu=1,memory=256M"}},
    }


def test_before_any_server(data_dir: Path) -> None:
    client = ExperimentClient()
    assert client.list_experiments() == []
    assert client.list_log("Succeeded") == []
    assert client.summaries() == []
    assert repr(client) == "<ExperimentClient no server yet>"
    assert launch.find(data_dir) is None
    assert repr(ExperimentClient("http://there:1/")) == "<ExperimentClient http://there:1>"


def test_documented_methods(client: ExperimentClient, capsys: pytest.CaptureFixture[str]) -> None:
    created = client.create_experiment(spec("print('one'); print('two')", workers=2))
    ident = created["experimentId"]
    assert created["status"] == "Accepted"
    assert created["spec"]["meta"]["name"] == "run"
    assert created["spec"]["meta"]["envVars"] == {
        "SUBMARINE_WORKDIR": str(Path.cwd()),
        "SUBMARINE_PYTHON": sys.executable,
    }
    logs = client.wait_for_finish(ident, 1)
    assert logs == {
        "experimentId": ident,
        "logContent": [
            {"podName": f"{ident}-worker-{index}", "podLog": ["one", "two"]} for index in (0, 1)
        ],
    }
    printed = capsys.readouterr().out
    statuses = [line for line in printed.splitlines() if line.startswith(f"{ident} is ")]
    assert statuses[-1] == f"{ident} is Succeeded"
    assert f"The logs of Pod {ident}-worker-0:\n\none\n" in printed
    assert printed.count("two") == 2
    assert client.get_experiment(ident)["status"] == "Succeeded"
    assert ident in [entry["experimentId"] for entry in client.list_experiments()]
    assert ident in [entry["experimentId"] for entry in client.list_experiments("succeeded")]
    assert ident not in [entry["experimentId"] for entry in client.list_experiments("Failed")]
    client.get_log(ident)
    assert capsys.readouterr().out == "".join(
        f"The logs of Pod {ident}-worker-{index}:\n\none\ntwo\n" for index in (0, 1)
    )
    client.get_log(ident, onlyMaster=True)
    assert capsys.readouterr().out == f"The logs of Pod {ident}-worker-0:\n\none\ntwo\n"
    (listed,) = (log for log in client.list_log("Succeeded") if log["experimentId"] == ident)
    assert [pod["podName"][-8:] for pod in listed["logContent"]] == ["worker-0", "worker-1"]
    assert client.delete_experiment(ident)["status"] == "Deleted"
    with pytest.raises(NotFound, match="Not found experiment"):
        client.get_experiment(ident)


def test_wait_for_finish_ends_on_failure(
    client: ExperimentClient, capsys: pytest.CaptureFixture[str]
) -> None:
    ident = client.create_experiment(spec("print(1); raise SystemExit(2)"))["experimentId"]
    (log,) = client.wait_for_finish(ident, 1)["logContent"]
    assert log["podLog"] == ["1"]
    assert f"{ident} is Failed\n" in capsys.readouterr().out
    with pytest.raises(UsageError, match="polling_interval"):
        client.wait_for_finish(ident, 0)


def test_wait_for_finish_ends_on_deletion(
    client: ExperimentClient, capsys: pytest.CaptureFixture[str]
) -> None:
    ident = client.create_experiment(spec("import time; time.sleep(60)"))["experimentId"]
    deleter = threading.Timer(1, lambda: ExperimentClient().delete_experiment(ident))
    deleter.start()
    assert client.wait_for_finish(ident) == {"experimentId": ident, "logContent": []}
    assert capsys.readouterr().out.endswith(f"{ident} is Deleted\n")
    deleter.join()


def test_patch(client: ExperimentClient) -> None:
    code = "import time; time.sleep(60)"
    experiment = client.submit(spec(code))
    patched = client.patch_experiment(experiment.id, spec(code, workers=2))
    assert patched["spec"]["spec"]["Worker"]["replicas"] == 2
    experiment.delete()


def test_what_the_user_set_stays(client: ExperimentClient, tmp_path: Path) -> None:
    given = spec("import os; print(os.getcwd())", envVars={"SUBMARINE_WORKDIR": str(tmp_path)})
    given["spec"]["Worker"]["envVars"] = {"A": "1"}
    experiment = client.submit(given)
    assert given["spec"]["Worker"]["envVars"] == {"A": "1"}
    assert experiment.spec["meta"]["envVars"]["SUBMARINE_WORKDIR"] == str(tmp_path)
    assert experiment.spec["spec"]["Worker"]["envVars"] == {
        "SUBMARINE_WORKDIR": str(Path.cwd()),
        "SUBMARINE_PYTHON": sys.executable,
        "A": "1",
    }
    assert list(experiment.logs(follow=True)) == [str(Path.cwd())]


def test_models_are_taken_too(client: ExperimentClient) -> None:
    experiment = client.submit(ExperimentSpec.from_wire(spec("print(3)")))
    again = client.submit(experiment.spec)  # a GET's result, resourceMap and all
    assert again.wait(60).status == "Succeeded"
    assert list(experiment.logs(follow=True)) == ["3"]


def test_logs(client: ExperimentClient) -> None:
    code = "import time; [print(n, 'ü', flush=True) or time.sleep(0.05) for n in range(20)]"
    experiment = client.submit(spec(code, workers=2))
    followed = list(experiment.logs(follow=True))
    assert {line.pod for line in followed} == {pod["name"] for pod in experiment.pods()}
    for pod in ("worker-0", f"{experiment.id}-worker-1"):
        own = [line for line in followed if line.pod.endswith(pod)]
        assert own == [f"{n} ü" for n in range(20)]
        assert list(experiment.logs(pod)) == own
        assert list(experiment.logs(pod, tail=3)) == own[-3:]
        assert list(experiment.logs(pod, tail=3, follow=True)) == own[-3:]
        assert list(experiment.logs(pod, tail=0)) == []
    assert experiment.last_status == "Succeeded"
    with pytest.raises(UsageError, match="'boss-0' is none of"):
        experiment.logs("boss-0")
    with pytest.raises(UsageError, match="tail"):
        experiment.logs(tail=-1)


def test_long_logs_and_long_lines(client: ExperimentClient) -> None:
    code = "print('x' * 300_000); [print(n, 'y' * 50) for n in range(30_000)]; print('end', end='')"
    experiment = client.submit(spec(code)).wait(100)
    lines = list(experiment.logs())
    assert lines == list(experiment.logs(follow=True))
    assert [len(lines), len(lines[0]), lines[-1]] == [30_002, 300_000, "end"]
    assert list(experiment.logs(tail=20_000)) == lines[-20_000:]
    assert list(experiment.logs(tail=40_000)) == lines


def test_handle(client: ExperimentClient) -> None:
    experiment = client.submit(spec("print(1)"))
    assert isinstance(experiment, Experiment)
    assert experiment.name == "run"
    assert repr(experiment) == f"<Experiment {experiment.id} 'run' {experiment.last_status}>"
    assert experiment.wait(60) is experiment
    assert experiment.is_over
    assert experiment.check() is experiment
    (pod,) = experiment.pods()
    assert (pod["role"], pod["state"], pod["exitCode"]) == ("Worker", "Succeeded", 0)
    reasons = [event["reason"] for event in experiment.events() if event["kind"] == "status"]
    assert reasons[0] == "Accepted"
    assert reasons[-1] == "Succeeded"
    other = client.experiment(experiment.id)
    other.delete()
    assert experiment.status == "Deleted"
    with pytest.raises(ExperimentFailed, match="it was deleted"):
        experiment.check()
    with pytest.raises(NotFound):
        client.experiment(experiment.id)


def test_wait_fails_and_times_out(client: ExperimentClient) -> None:
    failed = client.submit(spec("raise SystemExit(3)"))
    with pytest.raises(ExperimentFailed, match="exited with code 3") as caught:
        failed.wait(60)
    assert (caught.value.experiment_id, caught.value.status) == (failed.id, "Failed")
    slow = client.submit(spec("import time; time.sleep(60)"))
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="it goes on"):
        slow.wait(1.5)
    assert 1.4 < time.monotonic() - started < 3
    early = client.experiment(slow.id)
    slow.stop()
    with pytest.raises(ExperimentFailed, match="stopped"):
        slow.wait(60)
    with pytest.raises(ExperimentFailed, match="stopped"):
        early.wait(0)
    assert slow.status == "Failed"


def test_files(client: ExperimentClient, tmp_path: Path) -> None:
    code = (
        "import os, pathlib; out = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR']); "
        "(out / 'a b').mkdir(); (out / 'a b' / 'ü.txt').write_text('grüß\\n2', encoding='utf-8'); "
        "(out / 'model.bin').write_bytes(bytes(3_000_000))"
    ).replace("\\", "\\\\")
    experiment = client.submit(spec(code)).wait(60)
    assert sorted(file["path"] for file in experiment.files()) == ["a b/ü.txt", "model.bin"]
    with experiment.open("a b/ü.txt", "r") as text:
        assert list(text) == ["grüß\n", "2"]
    with experiment.open("model.bin") as binary:
        assert binary.read(5) == bytes(5)
        assert len(binary.read()) == 2_999_995
    assert experiment.download("model.bin", tmp_path) == tmp_path / "model.bin"
    assert (tmp_path / "model.bin").stat().st_size == 3_000_000
    assert experiment.download("a b/ü.txt", tmp_path / "copy").read_text("utf-8") == "grüß\n2"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "copy",
        "model.bin",
    ]
    for path in ("../spec.json", "/etc/passwd", ""):
        with pytest.raises(UsageError, match="outside"):
            experiment.open(path)
    with pytest.raises(NotFound):
        experiment.open("none")
    with pytest.raises(UsageError, match="mode"):
        experiment.open("model.bin", "w")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"meta": {"framework": "Caffe"}}, "Unsupported framework name: Caffe"),
        ({"meta": {"name": "a b"}}, "meta.name"),
        ({"meta": {"cmd": ""}}, "meta.cmd"),
        ({"spec": {"Boss": {"resources": "cpu=1"}}}, "Unrecognized replica type name: Boss"),
        ({"spec": {"Worker": {"replicas": 0, "resources": "cpu=1"}}}, "spec.Worker.replicas"),
        ({"spec": {"Worker": {"replicas": -1, "resources": "cpu=1"}}}, "spec.Worker.replicas"),
        ({"spec": {"Worker": {"replicas": "x", "resources": "cpu=1"}}}, "spec.Worker.replicas"),
        ({"spec": {"Worker": {"resources": "cpu=x"}}}, "spec.Worker.resources"),
        ({"spec": {"Worker": {}}}, "spec.Worker.resources"),
        ({"spec": {}}, "spec"),
        ({"spec": None}, "spec"),
    ],
)
def test_bad_specs(change: dict[str, Any], says: str, client: ExperimentClient) -> None:
    given = spec("print(1)")
    meta = change.get("meta", {})
    given = {**given, **change, "meta": {**given["meta"], **meta}}
    before = len(client.list_experiments())
    with pytest.raises((SpecError, BadRequest)) as caught:
        client.create_experiment(given)
    assert says in str(caught.value)
    assert len(client.list_experiments()) == before


@pytest.mark.parametrize("tags", [{"a", "b"}, [b"a"], [float("nan")]])
def test_what_json_cannot_hold(tags: Any, client: ExperimentClient) -> None:
    with pytest.raises(SpecError, match="holds what JSON cannot"):
        client.create_experiment(spec("print(1)", tags=tags))


@pytest.mark.parametrize("given", [None, [], "spec.yaml", 3])
def test_what_is_no_spec(given: Any, data_dir: Path) -> None:
    with pytest.raises(SpecError, match="a spec is a dict or an ExperimentSpec"):
        ExperimentClient().create_experiment(given)
    assert launch.find(data_dir) is None


@pytest.mark.parametrize("ident", ["experiment-1-0001", "x", "../info", "a/b?c#d", "ü", "%2e%2e"])
def test_unknown_ids(ident: str, client: ExperimentClient) -> None:
    for ask in (client.get_experiment, client.delete_experiment, client.get_log, client.experiment):
        with pytest.raises(ApiError) as caught:
            ask(ident)
        assert caught.value.code == 404
    with pytest.raises(UsageError, match="empty"):
        client.get_experiment("")
