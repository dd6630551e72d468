"""What a server offers to the form: named environments and templates; silence where it has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from submarine_jupyter import ExperimentClient, ExperimentForm
from submarine_jupyter.client.transport import Call
from submarine_jupyter.widgets.form.server import Offer
from tests.apache_submarine import ApacheSubmarine

TEMPLATE = {
    "name": "with-rate",
    "author": "somebody",
    "description": "",
    "parameters": [
        {"name": "rate", "required": "true", "description": "learning rate", "value": "0.1"}
    ],
    "experimentSpec": {
        "meta": {"name": "from-template", "framework": "PyTorch", "cmd": "python t.py {{rate}}"},
        "environment": {"image": "none"},
        "spec": {"Worker": {"replicas": 2, "resources": "cpu=1,memory=64M"}},
    },
}


def post(path: str, body: dict[str, Any]) -> None:
    call = Call(method="POST", path=path, body=body)
    ExperimentClient().transport.call(call)


def inside(widget: Any) -> list[Any]:
    found = [widget]
    for child in getattr(widget, "children", ()):
        found += inside(child)
    return found


def control(form: ExperimentForm, description: str) -> Any:
    (found,) = (each for each in inside(form) if getattr(each, "description", None) == description)
    return found


def test_environments_and_templates_can_be_chosen(experiment_server: object) -> None:
    post("/api/v1/environment", {"name": "my-env", "kernelSpec": {"name": "k"}})
    post("/api/v1/template", TEMPLATE)
    form = ExperimentForm()
    assert "my-env" in dict(control(form, "Environment").options)
    control(form, "Environment").value = "my-env"
    control(form, "Template").value = "with-rate"
    control(form, "rate (required)").value = ""
    control(form, "Fill the form").click()
    problems = [each.value for each in inside(form) if isinstance(each, ipywidgets.HTML)]
    assert any("unmapped value: [rate]" in text for text in problems)
    control(form, "rate (required)").value = "0.5"
    control(form, "spec.Worker.resourceMap.memory").value = "128M"
    control(form, "Fill the form").click()
    assert form.errors == {}
    wire = form.spec.to_wire()
    assert wire["meta"]["name"] == "from-template"
    assert wire["meta"]["cmd"] == "python t.py 0.5"
    assert "memory=128M" in wire["spec"]["Worker"]["resources"]
    assert control(form, "Worker replicas").value == "2"


def test_a_server_without_either_is_no_trouble() -> None:
    with ApacheSubmarine().serving() as server:
        offer = Offer.of(ExperimentClient(server.url))
    assert (offer.schema, offer.environments, offer.templates) == (None, [], [])


def test_without_a_server_none_is_started(data_dir: Path) -> None:
    assert Offer.of(ExperimentClient()) == Offer()
    assert not (data_dir / "server.json").exists()
