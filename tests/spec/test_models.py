"""The documents' own examples parse and print back equal, key order included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter.errors import SpecError
from submarine_jupyter.spec import Envelope, Experiment, ExperimentLog, ExperimentSpec, Status
from submarine_jupyter.spec.loading import load_spec

DATA = Path(__file__).parents[1] / "data"


def read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def same(left: object, right: object) -> bool:
    """Compare with key order."""
    return json.dumps(left) == json.dumps(right)


@pytest.mark.parametrize("name", ["create", "get", "patch", "delete"])
def test_experiment_examples_print_back_equal(name: str) -> None:
    document = read(f"{name}-response")
    envelope = Envelope.from_wire(document)
    assert same(envelope.to_wire(), document)
    assert same(Experiment.from_wire(envelope.result).to_wire(), document["result"])


def test_list_example_prints_back_equal() -> None:
    document = read("list-response")
    printed = [Experiment.from_wire(entry).to_wire() for entry in document["result"]]
    assert same(printed, document["result"])


@pytest.mark.parametrize("name", ["list-logs", "get-log"])
def test_log_examples_print_back_equal(name: str) -> None:
    result = read(f"{name}-response")["result"]
    entries = result if isinstance(result, list) else [result]
    assert same([ExperimentLog.from_wire(entry).to_wire() for entry in entries], entries)


def test_request_becomes_the_spec_of_the_response() -> None:
    spec = ExperimentSpec.from_wire(read("create-request"))
    expected = read("create-response")["result"]["spec"]
    spec.meta.experiment_id = expected["meta"]["experimentId"]
    assert same(spec.to_wire(), expected)


def test_output_of_the_client_document_is_read() -> None:
    experiment = Experiment.from_wire(read("client-create-output"))
    assert experiment.status is Status.ACCEPTED
    assert experiment.spec.spec["Ps"].resource_map == {"memory": "1024M", "cpu": "1"}


def test_an_answer_can_be_sent_back() -> None:
    spec = read("get-response")["result"]["spec"]
    assert same(ExperimentSpec.from_wire(spec).to_wire(), spec)


@pytest.mark.parametrize(("given", "expected"), [("2", 2), (1.7, 1), (None, None), (3, 3)])
def test_replicas_are_coerced_as_on_the_wire(given: object, expected: object) -> None:
    request = read("create-request")
    request["spec"]["Worker"]["replicas"] = given
    assert ExperimentSpec.from_wire(request).to_wire()["spec"]["Worker"]["replicas"] == expected


def test_numbers_and_booleans_become_text() -> None:
    request = read("create-request")
    request["meta"] |= {"envVars": {"A": 1, "B": True, "C": None, "D": 0.5}, "tags": [1, True]}
    meta = ExperimentSpec.from_wire(request).to_wire()["meta"]
    assert meta["envVars"] == {"A": "1", "B": "true", "C": None, "D": "0.5"}
    assert meta["tags"] == ["1", "true"]


@pytest.mark.parametrize(
    "code",
    [
        {"syncMode": "git", "url": "https://example.org/code.git"},
        {
            "syncMode": "git",
            "git": {
                "url": "https://example.org/code.git",
                "branch": "main",
                "username": None,
                "password": None,
                "trustCerts": None,
            },
        },
    ],
)
def test_code_is_answered_in_the_shape_it_came_in(code: dict[str, Any]) -> None:
    request = read("create-request") | {"code": code}
    assert same(ExperimentSpec.from_wire(request).to_wire()["code"], code)


def test_handler_spec_is_written_only_when_sent() -> None:
    request = read("create-request")
    assert "experimentHandlerSpec" not in ExperimentSpec.from_wire(request).to_wire()
    request["experimentHandlerSpec"] = {"FILE_SYSTEM_TYPE": "HDFS"}
    written = ExperimentSpec.from_wire(request).to_wire()
    assert list(written) == ["meta", "environment", "spec", "experimentHandlerSpec", "code"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"spec": None}, "spec"),
        ({"meta": None}, "meta"),
        ({"environment": None}, "environment"),
        ({"spec": {"Worker": []}}, "spec.Worker"),
        ({"spec": {"Worker": {"replicas": "many"}}}, "spec.Worker.replicas"),
        ({"meta": {"name": {}}}, "meta.name"),
        ({"meta": {"name": "a", "envVars": None}}, "meta.envVars"),
    ],
)
def test_a_wrong_shape_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        ExperimentSpec.from_wire(read("create-request") | change)
    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.parametrize("missing", ["meta", "environment", "spec"])
def test_a_missing_part_is_named_with_what_to_give(missing: str) -> None:
    request = read("create-request")
    del request[missing]
    with pytest.raises(SpecError, match=f"^{missing}: is missing; give"):
        ExperimentSpec.from_wire(request)


def test_yaml_and_json_load_alike() -> None:
    text = (DATA / "create-request.json").read_text()
    yaml = """
meta: {name: tf-mnist-json, namespace: default, framework: TensorFlow, envVars: {ENV_1: ENV1},
  cmd: "python /var/tf_mnist/mnist_with_summaries.py --log_dir=/train/log --learning_rate=0.01 \
--batch_size=150"}
environment: {image: "apache/submarine:tf-mnist-with-summaries-1.0"}
spec:
  Ps: {replicas: 1, resources: "cpu=1,memory=1024M"}
  Worker: {replicas: 1, resources: "cpu=1,memory=2048M"}
"""
    assert load_spec(text).to_wire() == load_spec(yaml).to_wire()
    assert load_spec(text.replace(" ", "\t")).spec.keys() == {"Ps", "Worker"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("meta: {name: a\nspec: b", "line 2, column 5: not valid YAML or JSON"),
        ('{"meta": {"name" "a"}}', "line 1, column 18: not valid YAML or JSON"),
        ("just words", "a spec is a mapping with meta and spec; this is a str"),
        ("", "a spec is a mapping with meta and spec; this is empty"),
    ],
)
def test_malformed_text_says_where(text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(text)
    assert str(caught.value).startswith(said)
