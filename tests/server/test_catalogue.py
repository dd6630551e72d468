"""Environments and templates, as the documents of Apache Submarine show them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from submarine_jupyter import launch

from .api import Api, python

ENVELOPE = ["status", "code", "success", "message", "result", "attributes"]
ENVIRONMENT = "api/v1/environment"
TEMPLATE = "api/v1/template"
EXPERIMENT = "api/v1/experiment"

KERNEL = {
    "name": "team_default_python_3.7",
    "channels": ["defaults"],
    "condaDependencies": ["_ipyw_jlab_nb_ext_conf=0.1.0=py37_0", "alabaster=0.7.12=py37_0"],
    "pipDependencies": ["apache-submarine==0.7.0", "pyarrow==0.17.0"],
}
TRAIN = "print('rate', {{learning_rate}}, 'size', {{batch_size}})"


def refused(api: Api, method: str, path: str, code: int, **options: Any) -> str:
    """Return what a call that must be refused says."""
    response = api.call(method, path, **options)
    document = response.json()
    assert list(document) == ENVELOPE
    assert (response.status_code, document["code"]) == (code, code), document
    assert document["success"] is None
    assert document["result"] is None
    return str(document["message"])


def template(name: str = "my-tf-mnist-template") -> dict[str, Any]:
    return {
        "name": name,
        "author": "author",
        "description": "This is a template to run tf-mnist",
        "parameters": [
            {"name": "learning_rate", "value": 0.1, "required": True, "description": "rate"},
            {"name": "batch_size", "value": 150, "required": False, "description": "size"},
            {"name": "experiment_name", "value": "tf-mnist1", "required": True},
        ],
        "experimentSpec": {
            "meta": {
                "cmd": python(TRAIN),
                "name": "{{experiment_name}}",
                "envVars": {"ENV1": "ENV1"},
                "framework": "TensorFlow",
                "namespace": "default",
            },
            "spec": {
                "Ps": {"replicas": 1, "resources": "cpu=0.1,memory=64M,nvidia.com/gpu=0"},
                "Worker": {"replicas": 1, "resources": "cpu=0.1,memory=64M"},
            },
            "environment": {"image": "apache/submarine:tf-mnist-with-summaries-1.0"},
        },
    }


# Environments


def test_an_environment_is_registered_changed_and_deleted(api: Api) -> None:
    spec = {"name": "my-env", "dockerImage": "continuumio/anaconda3", "kernelSpec": KERNEL}
    made = api.result("POST", ENVIRONMENT, json=spec)
    assert list(made) == ["environmentId", "environmentSpec"]
    assert made["environmentId"].startswith("environment_")
    assert made["environmentId"].endswith("_0001")
    assert made["environmentSpec"] == {**spec, "description": None, "image": None}
    fields = ["name", "dockerImage", "kernelSpec", "description", "image"]
    assert list(made["environmentSpec"]) == fields

    assert api.result("GET", f"{ENVIRONMENT}/my-env") == made
    assert api.result("GET", f"{ENVIRONMENT}/my-env/") == made
    changed = {"name": "another", "description": "new", "kernelSpec": {"pipDependencies": []}}
    patched = api.result("PATCH", f"{ENVIRONMENT}/my-env", json=changed)
    assert patched["environmentId"] == made["environmentId"]
    assert patched["environmentSpec"]["name"] == "my-env"
    assert patched["environmentSpec"]["dockerImage"] is None
    assert api.result("GET", f"{ENVIRONMENT}/my-env") == patched
    assert api.result("DELETE", f"{ENVIRONMENT}/my-env") == patched
    assert refused(api, "GET", f"{ENVIRONMENT}/my-env", 404) == "Environment not found."


def test_the_preloaded_environments_are_listed_first_and_stay_deleted(
    api: Api, data_dir: Path
) -> None:
    body = yaml.safe_dump({"name": "mine", "image": 3})
    api.result("POST", ENVIRONMENT, data=body, headers={"Content-Type": "application/yaml"})
    listed = api.result("GET", f"{ENVIRONMENT}/", params={"status": "ignored"})
    assert [(one["environmentId"], one["environmentSpec"]["name"]) for one in listed[:2]] == [
        ("environment_1600862964725_0001", "notebook-env"),
        ("environment_1600862964725_0002", "notebook-gpu-env"),
    ]
    assert listed[2]["environmentSpec"]["image"] == "3"
    kernel = listed[0]["environmentSpec"]["kernelSpec"]
    assert kernel == {
        "name": "submarine_jupyter_py3",
        "channels": ["defaults"],
        "condaDependencies": [],
        "pipDependencies": [],
    }
    api.result("DELETE", f"{ENVIRONMENT}/notebook-env")
    launch.stop(data_dir)
    again = Api(launch.ensure(data_dir))
    names = [one["environmentSpec"]["name"] for one in again.result("GET", ENVIRONMENT)]
    assert names == ["notebook-gpu-env", "mine"]


@pytest.mark.parametrize("verb", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("route", "said"),
    [(ENVIRONMENT, "Environment not found."), (TEMPLATE, "ExperimentTemplate not found.")],
)
def test_what_is_not_there_is_not_found(shared_api: Api, verb: str, route: str, said: str) -> None:
    body = {"json": {"name": "x"}} if verb == "PATCH" else {}
    assert refused(shared_api, verb, f"{route}/nothing", 404, **body) == said


def test_many_register_environments_at_once(api: Api) -> None:
    def register(name: str) -> int:
        return Api(api.server).call("POST", ENVIRONMENT, json={"name": name}).status_code

    names = [f"env-{number}" for number in range(24)]
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(register, names)) == {200}
    found = api.result("GET", ENVIRONMENT)
    assert {one["environmentSpec"]["name"] for one in found} > set(names)
    assert len({one["environmentId"] for one in found}) == len(found)


def test_a_wrong_environment_is_refused(shared_api: Api) -> None:
    api = shared_api
    assert refused(api, "POST", ENVIRONMENT, 400) == "Invalid environment spec."
    twice = refused(api, "POST", ENVIRONMENT, 400, json={"name": "notebook-env"})
    assert twice.startswith("Unable to process the environment spec.")
    assert refused(api, "POST", ENVIRONMENT, 400, json={}).startswith("name: is missing")
    for packages, field in (
        ({"pipDependencies": ["--index-url=https://elsewhere.test"]}, "pipDependencies"),
        ({"pipDependencies": ["-e ."]}, "pipDependencies"),
        ({"condaDependencies": ["--file=/etc/passwd"]}, "condaDependencies"),
        ({"channels": ["-c"]}, "channels"),
    ):
        spec = {"name": "bad", "kernelSpec": packages}
        said = refused(api, "POST", ENVIRONMENT, 400, json=spec)
        assert said.startswith(f"kernelSpec.{field}: "), said


# Templates


def test_a_template_is_answered_with_its_own_parameters_and_those_of_each_role(api: Api) -> None:
    made = api.result("POST", TEMPLATE, json=template())
    assert list(made) == ["experimentTemplateId", "experimentTemplateSpec"]
    assert made["experimentTemplateId"]["id"] == 1
    spec = made["experimentTemplateSpec"]
    assert list(spec) == ["name", "author", "description", "parameters", "experimentSpec"]
    assert list(spec["parameters"][0]) == ["name", "required", "description", "value"]
    assert [(one["name"], one["required"], one["value"]) for one in spec["parameters"]] == [
        ("learning_rate", "true", "0.1"),
        ("batch_size", "false", "150"),
        ("experiment_name", "true", "tf-mnist1"),
        ("spec.Ps.replicas", "false", "1"),
        ("spec.Ps.resourceMap.cpu", "false", "0.1"),
        ("spec.Ps.resourceMap.memory", "false", "64M"),
        ("spec.Worker.replicas", "false", "1"),
        ("spec.Worker.resourceMap.cpu", "false", "0.1"),
        ("spec.Worker.resourceMap.memory", "false", "64M"),
    ]
    assert spec["experimentSpec"]["meta"]["name"] == "{{experiment_name}}"
    assert api.result("GET", f"{TEMPLATE}/my-tf-mnist-template/") == made
    # What was answered can be sent back.
    assert api.result("PATCH", f"{TEMPLATE}/my-tf-mnist-template", json=spec) == made
    assert api.result("GET", f"{TEMPLATE}/")[-1] == made
    assert api.result("DELETE", f"{TEMPLATE}/my-tf-mnist-template") == made


def test_an_experiment_is_made_from_a_template_and_runs(api: Api) -> None:
    api.result("POST", TEMPLATE, json=template())
    params = {
        "learning_rate": 0.5,
        "experiment_name": "NewExperiment1",
        "spec.Worker.replicas": 2,
        "spec.Ps.resourceMap.memory": "96M",
    }
    made = api.result("POST", f"{EXPERIMENT}/my-tf-mnist-template", json={"params": params})
    spec = made["spec"]
    assert spec["meta"]["name"] == "newexperiment1"
    assert spec["spec"]["Worker"]["replicas"] == 2
    assert spec["spec"]["Worker"]["resources"] == "cpu=0.1,memory=64M"
    amounts = {"memory": "96M", "cpu": "0.1", "nvidia.com/gpu": "0"}
    assert spec["spec"]["Ps"]["resourceMap"] == amounts
    assert api.wait_for_end(made["experimentId"]) == "Succeeded"
    assert api.lines(made["experimentId"])["worker-1"] == ["rate 0.5 size 150"]


@pytest.mark.parametrize("name", ["tf-mnist", "pytorch-mnist", "quickstart"])
def test_the_preloaded_templates_can_be_submitted(shared_api: Api, name: str) -> None:
    assert refused(shared_api, "POST", f"{EXPERIMENT}/{name}", 400).startswith("params: ")
    made = shared_api.result("POST", f"{EXPERIMENT}/{name}", json={"name": "x", "params": {}})
    assert made["spec"]["meta"]["name"] == name
    # The image that holds its program is not used here.
    assert shared_api.wait_for_end(made["experimentId"]) == "Failed"


def test_wrong_values_of_a_template_are_refused(shared_api: Api) -> None:
    api = shared_api
    api.result("POST", TEMPLATE, json=template("values"))
    path = f"{EXPERIMENT}/values"
    good = {"learning_rate": "1", "experiment_name": "n"}

    def submit(**params: str) -> str:
        return refused(api, "POST", path, 400, json={"params": params})

    assert submit(**good, a="1") == "Parameters contains illegal key: [a]"
    said = submit(experiment_name="n")
    assert said == "Template contains unmapped value: [learning_rate]"
    bad = good | {"spec.Ps.replicas": "many"}
    assert submit(**bad).startswith("Template mapping fail: spec.Ps.replicas")
    assert submit(**(good | {"experiment_name": "no name"})).startswith("Template mapping fail: ")
    assert refused(api, "POST", path, 400, json={}).startswith("params: is missing")
    unknown = refused(api, "POST", f"{EXPERIMENT}/nothing", 404, json={"params": {}})
    assert unknown == "ExperimentTemplate not found."


def test_a_wrong_template_is_refused(shared_api: Api) -> None:
    api = shared_api
    assert refused(api, "POST", TEMPLATE, 400) == "Invalid experimentTemplate spec."
    twice = refused(api, "POST", TEMPLATE, 400, json=template("quickstart"))
    begin = "Unable to insert or update the experimentTemplate spec: "
    assert twice.startswith(begin)
    assert refused(api, "POST", TEMPLATE, 400, json=template("n" * 33)).startswith(begin)
    unused = template("unused")
    unused["parameters"].append({"name": "a", "value": "1"})
    said = refused(api, "POST", TEMPLATE, 400, json=unused)
    assert said == "Parameters contains unused key: [a]"
    unmapped = template("unmapped")
    del unmapped["parameters"][0]
    said = refused(api, "POST", TEMPLATE, 400, json=unmapped)
    assert said == "Template contains unmapped value: [learning_rate]"
    secret = template("secret")
    git = {"url": "https://host.test/x.git", "password": "pearl"}
    secret["experimentSpec"]["code"] = {"syncMode": "git", "git": git}
    said = refused(api, "POST", TEMPLATE, 400, json=secret)
    assert said.startswith("experimentSpec.code.git.password: ")
    assert "pearl" not in said
    without = {key: value for key, value in template("x").items() if key != "parameters"}
    assert refused(api, "POST", TEMPLATE, 400, json=without).startswith("parameters: is missing")


def test_the_old_name_of_the_parameters_is_taken(shared_api: Api) -> None:
    old = template("old-name")
    old["experimentTemplateParamSpec"] = old.pop("parameters")
    made = shared_api.result("POST", TEMPLATE, data=json.dumps(old))
    assert made["experimentTemplateSpec"]["parameters"][0]["name"] == "learning_rate"
