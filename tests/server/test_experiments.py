"""The documented API against the real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .api import Api, experiment, python, wait_until

DATA = Path(__file__).parents[1] / "data"
ENVELOPE = ["status", "code", "success", "message", "result", "attributes"]
EXPERIMENT = "api/v1/experiment"


def read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def shape(value: object) -> object:
    """Return keys and kinds, without the values."""
    if isinstance(value, dict):
        return {key: shape(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    return type(value).__name__


def test_the_documents_example_is_answered_in_its_shape_and_fails_cleanly(api: Api) -> None:
    response = api.call("POST", EXPERIMENT, json=read("create-request"))
    created, documented = response.json(), read("create-response")
    assert json.dumps(shape(created)) == json.dumps(shape(documented))
    result = created["result"]
    expected = documented["result"]["spec"]
    expected["meta"]["experimentId"] = result["experimentId"]
    assert json.dumps(result["spec"]) == json.dumps(expected)
    assert result["status"] == "Accepted"

    assert api.wait_for_end(result["experimentId"]) == "Failed"
    lines = [line for pod in api.lines(result["experimentId"]).values() for line in pod]
    assert any("can't open file" in line for line in lines)
    warnings = [entry["message"] for entry in api.events(result["experimentId"])]
    assert "image: the local submitter runs processes, no containers" in warnings


def test_times_come_in_order_and_in_the_documents_form(api: Api) -> None:
    created = api.result("POST", EXPERIMENT, json=experiment(python("pass")))
    identity = created["experimentId"]
    assert created["createdTime"] is None
    assert api.get(identity)["createdTime"] is not None
    assert api.wait_for_end(identity) == "Succeeded"
    found = api.get(identity)
    times = [found[f"{name}Time"] for name in ("accepted", "created", "running", "finished")]
    assert times == sorted(times)
    assert all(time.endswith("+00:00") and time[19] == "." for time in times)
    reasons = [event["reason"] for event in api.events(identity) if event["kind"] == "status"]
    assert reasons == ["Accepted", "Created", "Running", "Succeeded"]


def test_list_and_its_filter(api: Api) -> None:
    assert api.result("GET", EXPERIMENT) == []
    good = api.create(experiment(python("pass")))
    bad = api.create(experiment(python("raise SystemExit(3)")))
    api.wait_for_end(good)
    api.wait_for_end(bad)
    assert [entry["experimentId"] for entry in api.result("GET", EXPERIMENT)] == [good, bad]
    failed = api.result("GET", EXPERIMENT, params={"status": "failed"})
    assert [entry["experimentId"] for entry in failed] == [bad]
    refused = api.call("GET", EXPERIMENT, params={"status": "Paused"})
    assert refused.status_code == 400
    assert "status: 'Paused' is no status; use one of Accepted" in refused.json()["message"]


def listed(api: Api, **params: object) -> list[str]:
    return [entry["spec"]["meta"]["name"] for entry in api.result("GET", EXPERIMENT, params=params)]


def test_the_list_is_filtered_ordered_and_paged(api: Api) -> None:
    for name, framework, tags in (
        ("one-a", "TensorFlow", ["x", "a_b"]),
        ("two", "PyTorch", ["x y"]),
        ("one-b", "TensorFlow", []),
        ("t_end", "XGBoost", ["x"]),
    ):
        role = "Worker" if framework == "TensorFlow" else "Master"
        spec = experiment(python("pass"), framework, None, **{role: 1})
        spec["meta"] |= {"name": name, "tags": tags}
        api.create(spec)
    assert listed(api, name="ONE") == ["one-a", "one-b"]
    assert listed(api, name="t_") == ["t_end"]
    assert listed(api, tag="x") == ["one-a", "t_end"]
    assert listed(api, framework="tensorflow", order="desc") == ["one-b", "one-a"]
    assert listed(api, limit=0) == []

    seen: list[str] = []
    after: str | None = None
    while True:
        params = {"limit": "3", "order": "desc", **({"after": after} if after else {})}
        document = api.call("GET", EXPERIMENT, params=params).json()
        seen += [entry["spec"]["meta"]["name"] for entry in document["result"]]
        assert document["attributes"]["total"] == 4
        after = document["attributes"]["next"]
        if after is None:
            break
    assert seen == ["t_end", "one-b", "two", "one-a"]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"limit": "-1"}, "limit: "),
        ({"limit": "x"}, "limit: "),
        ({"order": "up"}, "order: "),
        ({"view": "all"}, "view: "),
        ({"after": "9" * 30}, "after: "),
    ],
)
def test_a_wrong_list_parameter_is_named(api: Api, params: dict[str, str], said: str) -> None:
    response = api.call("GET", EXPERIMENT, params=params)
    assert response.status_code == 400
    assert response.json()["message"].startswith(said)


def test_a_summary_has_no_command_variables_or_code(api: Api) -> None:
    api.create(experiment(python("pass"), env={"SECRET": "hush"}))
    response = api.call("GET", EXPERIMENT, params={"view": "summary"})
    assert "hush" not in response.text
    assert "python" not in response.text
    (entry,) = response.json()["result"]
    assert entry["spec"]["spec"]["Worker"]["replicas"] == 1
    assert response.json()["attributes"]["total"] == 1


def test_a_summary_tells_a_stopped_run_from_a_failed_one(api: Api) -> None:
    stopped = api.create(experiment("sleep 600"))
    failed = api.create(experiment("false"))
    api.call("POST", f"{EXPERIMENT}/{stopped}/stop")
    assert api.wait_for_end(failed) == api.wait_for_end(stopped) == "Failed"
    listed = api.result("GET", EXPERIMENT, params={"view": "summary"})
    assert {entry["experimentId"]: entry["reason"] for entry in listed} == {
        stopped: "Stopped",
        failed: "Error",
    }
    assert "reason" not in api.get(stopped)  # the documented one has none


def test_logs_are_listed_by_pod_and_kept_whole(api: Api) -> None:
    program = python("print('a  '); print(); print('b\\r'); print('c'); print()")
    identity = api.create(
        experiment(program, Ps=(1, python("import time; time.sleep(60)")), Worker=2)
    )
    assert list(api.lines(identity)) == ["ps-0", "worker-0", "worker-1"]
    assert api.wait_for_end(identity) == "Succeeded"
    assert api.lines(identity) == {
        "ps-0": [],
        "worker-0": ["a  ", "", "b\r", "c"],
        "worker-1": ["a  ", "", "b\r", "c"],
    }
    (entry,) = api.result("GET", f"{EXPERIMENT}/logs", params={"status": "SUCCEEDED"})
    assert entry["experimentId"] == identity
    assert [pod["podLog"] for pod in entry["logContent"]] == [[], [], []]


@pytest.mark.parametrize("asked", ["kubeflow", None])
def test_the_namespace_is_the_server_s_own(api: Api, asked: str | None) -> None:
    spec = experiment(python("pass"))
    spec["meta"]["namespace"] = asked
    identity = api.create(spec)
    assert api.get(identity)["spec"]["meta"]["namespace"] == "default"
    changed = api.result("PATCH", f"{EXPERIMENT}/{identity}", json=spec)
    assert changed["spec"]["meta"]["namespace"] == "default"


def test_patch_replaces_the_stored_spec(api: Api) -> None:
    identity = api.create(experiment(python("pass"), Ps=1, Worker=1))
    api.wait_for_end(identity)
    before = api.get(identity)
    changed = experiment(python("pass"), Worker=2)
    patched = api.result("PATCH", f"{EXPERIMENT}/{identity}", json=changed)
    assert list(patched["spec"]["spec"]) == ["Worker"]
    assert patched["spec"]["meta"]["experimentId"] == identity
    assert patched["status"] == before["status"]
    assert patched["finishedTime"] == before["finishedTime"]
    refused = api.call("PATCH", f"{EXPERIMENT}/{identity}", json=experiment("x", Boss=1))
    assert refused.status_code == 400
    assert list(api.get(identity)["spec"]["spec"]) == ["Worker"]


def test_delete_answers_as_documented_and_forgets(api: Api) -> None:
    identity = api.create(experiment(python("import time; time.sleep(60)")))
    api.wait_for(identity, "Running")
    deleted = api.call("DELETE", f"{EXPERIMENT}/{identity}").json()
    documented = read("delete-response")["result"]
    assert list(deleted["result"]) == list(documented)
    assert deleted["result"]["status"] == "Deleted"
    times = [value for key, value in deleted["result"].items() if key.endswith("Time")]
    assert times == [None] * 4
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/pods"), ("GET", "/stream")):
        gone = api.call(method, f"{EXPERIMENT}/{identity}{path}")
        assert (gone.status_code, gone.json()["message"]) == (404, "Not found experiment.")
    assert api.result("GET", EXPERIMENT) == []


def test_stop_ends_the_run_and_keeps_it(api: Api) -> None:
    identity = api.create(experiment(python("import time; print('up'); time.sleep(60)")))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["up"])
    api.result("POST", f"{EXPERIMENT}/{identity}/stop")
    assert api.wait_for_end(identity) == "Failed"
    assert api.events(identity)[-1]["reason"] == "Stopped"
    assert api.lines(identity)["worker-0"] == ["up"]


def test_the_same_key_creates_one_experiment(api: Api) -> None:
    spec = experiment(python("pass"))
    keys = [api.create(spec, headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert len(set(keys)) == 1
    assert api.create(spec, headers={"Idempotency-Key": "k2"}) != keys[0]


def test_a_plan_shows_no_secret(api: Api) -> None:
    secrets = {"HF_TOKEN": "hf-1234", "EPOCHS": "3"}
    plan = api.result("POST", f"{EXPERIMENT}?dryRun=true", json=experiment("true", env=secrets))
    assert plan["pods"][0]["env"] == {"HF_TOKEN": "********", "EPOCHS": "3"}


def test_dry_run_plans_and_stores_nothing(api: Api) -> None:
    spec = experiment("python train.py", Ps=1, Worker=1, env={"SUBMARINE_WORKDIR": "/tmp"})
    plan = api.result("POST", EXPERIMENT, json=spec, params={"dryRun": "true"})
    assert [pod["role"] for pod in plan["pods"]] == ["Ps", "Worker"]
    assert plan["pods"][0]["cwd"] == "/tmp"
    assert plan["pods"][0]["argv"][1:] == ["train.py"]
    assert api.result("GET", EXPERIMENT) == []


BAD_SPECS: list[tuple[str, Any, str]] = [
    ("framework", experiment("x", framework="Caffe"), "Unsupported framework name: Caffe"),
    ("role", experiment("x", Boss=1), "spec.Boss: Unrecognized replica type name: Boss"),
    ("no spec", {"meta": {}, "environment": {}}, "spec: is missing; give the roles"),
    ("replicas 0", experiment("x", Worker=0), "spec.Worker.replicas: 0 is too few"),
    ("replicas -1", experiment("x", Worker=-1), "spec.Worker.replicas: -1 is too few"),
    ("a list", [], "a spec is a JSON object, not a list"),
]


@pytest.mark.parametrize(
    ("body", "said"), [(b, s) for _, b, s in BAD_SPECS], ids=[n for n, *_ in BAD_SPECS]
)
def test_a_bad_spec_is_refused_and_nothing_is_stored(api: Api, body: Any, said: str) -> None:
    response = api.call("POST", EXPERIMENT, json=body)
    document = response.json()
    assert response.status_code == 400
    assert list(document) == ENVELOPE
    assert (document["status"], document["code"]) == ("BAD_REQUEST", 400)
    assert document["success"] is None
    assert document["result"] is None
    assert said in document["message"]
    assert api.result("GET", EXPERIMENT) == []


@pytest.mark.parametrize(
    ("data", "kind", "code", "said"),
    [
        ("{broken", "application/json", 400, "line 1, column 2: not valid JSON"),
        ("[" * 100_000, "application/json", 400, "nested too deeply"),
        ("a: [b", "application/yaml", 400, "not valid YAML or JSON"),
        (b"\xff\xfe", "application/json", 400, "the body is not UTF-8"),
        ("a=1", "application/x-www-form-urlencoded", 415, "Send the body as application/json"),
        ("x" * (2 * 1024 * 1024 + 1), "application/json", 413, "The body is larger than"),
    ],
    ids=["json", "deep json", "yaml", "bytes", "form", "large"],
)
def test_a_bad_body_is_refused(
    api: Api, data: str | bytes, kind: str, code: int, said: str
) -> None:
    response = api.call("POST", EXPERIMENT, data=data, headers={"Content-Type": kind})
    assert response.status_code == code
    assert said in response.json()["message"]
    assert api.result("GET", EXPERIMENT) == []


@pytest.mark.parametrize("data", ["", "null"])
def test_an_empty_body_is_answered_as_the_api_does(api: Api, data: str) -> None:
    response = api.call("POST", EXPERIMENT, data=data, headers={"Content-Type": "application/json"})
    assert response.status_code == 200
    assert response.json()["message"] == "Invalid experiment spec."
    assert response.json()["success"] is None


def test_yaml_and_a_trailing_slash_are_taken(api: Api) -> None:
    body = """
    meta: {name: Yaml-Run, framework: pytorch, cmd: python -c pass}
    environment: {}
    spec: {master: {replicas: "1", resources: "cpu=1, memory=1Gi"}}
    """
    headers = {"Content-Type": "application/yaml"}
    created = api.result("POST", f"{EXPERIMENT}/", data=body, headers=headers)
    assert created["spec"]["meta"]["name"] == "yaml-run"
    assert list(created["spec"]["spec"]) == ["Master"]
    assert api.wait_for_end(created["experimentId"]) == "Succeeded"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "api/v1/nothing", 404),
        ("PUT", EXPERIMENT, 405),
        ("GET", f"{EXPERIMENT}/experiment_1626160071451_0008", 404),
        ("GET", f"{EXPERIMENT}/..%2f..%2fserver.json", 404),
        ("DELETE", f"{EXPERIMENT}/%00", 404),
    ],
)
def test_unknown_things_are_answered_in_the_envelope(
    api: Api, method: str, path: str, code: int
) -> None:
    response = api.call(method, path)
    assert response.status_code == code
    assert list(response.json()) == ENVELOPE
    assert response.json()["message"]
