"""The OpenAPI document: valid, whole, and true of what is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from .api import Api, experiment, python
from .routes import all_routes

DATA = Path(__file__).parents[1] / "data"
PREFIX = "/api/v1/experiment"


@pytest.fixture(scope="module")
def document(shared_api: Api) -> dict[str, Any]:
    document: dict[str, Any] = shared_api.call("GET", "v1/openapi.json").json()
    return document


@pytest.fixture(scope="module")
def finished(shared_api: Api) -> str:
    """Return the id of an experiment that wrote a line and a file, and has ended."""
    program = "import os; print('hi'); open(os.environ['SUBMARINE_OUTPUT_DIR'] + '/a', 'w').close()"
    identity = shared_api.create(experiment(python(program), Ps=1, Worker=1))
    assert shared_api.wait_for_end(identity) == "Succeeded"
    return identity


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def check(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    """Fail when a value is not what a schema of the document says."""
    OAS31Validator({**schema, "components": document["components"]}).validate(value)


def check_answer(document: dict[str, Any], method: str, path: str, answer: object) -> None:
    content = operations(document)[method, path]["responses"]["200"]["content"]
    check(document, content["application/json"]["schema"], answer)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = {
        (method, path.replace("{", "").replace("}", "")) for method, path in operations(document)
    }
    routes = {path: methods for path, methods in all_routes().items() if "openapi" not in path}
    assert described == {(method, path) for path in routes for method in routes[path]}


def test_every_route_says_what_it_does_answers_and_refuses(document: dict[str, Any]) -> None:
    refusal = {"schema": {"$ref": "#/components/schemas/Refusal"}}
    for route, operation in operations(document).items():
        assert operation.get("description"), route
        assert any(
            content["schema"] for content in operation["responses"]["200"]["content"].values()
        ), route
        for code in ("401", "403", "4XX"):
            assert operation["responses"][code]["content"] == {"application/json": refusal}, route
        assert "422" not in operation["responses"], route


@pytest.mark.parametrize(
    ("method", "path"), [("POST", PREFIX), ("PATCH", f"{PREFIX}/{{experiment_id}}")]
)
@pytest.mark.parametrize("kind", ["application/json", "application/yaml"])
def test_a_spec_is_described_as_it_is_sent(
    document: dict[str, Any], method: str, path: str, kind: str
) -> None:
    body = operations(document)[method, path]["requestBody"]["content"][kind]["schema"]
    for name in ("create-request", "patch-request"):
        check(document, body, json.loads((DATA / f"{name}.json").read_text()))
    with pytest.raises(Exception, match="'spec' is a required property"):
        check(document, body, {"meta": {}, "environment": {}})
    with pytest.raises(Exception, match="is not valid under any of the given schemas"):
        check(document, body, {"meta": {"name": ["a list"]}, "environment": {}, "spec": {}})


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("create", "POST", PREFIX),
        ("list", "GET", PREFIX),
        ("get", "GET", f"{PREFIX}/{{experiment_id}}"),
        ("patch", "PATCH", f"{PREFIX}/{{experiment_id}}"),
        ("delete", "DELETE", f"{PREFIX}/{{experiment_id}}"),
        ("list-logs", "GET", f"{PREFIX}/logs"),
        ("get-log", "GET", f"{PREFIX}/logs/{{experiment_id}}"),
    ],
)
def test_the_documented_answers_are_described(
    document: dict[str, Any], name: str, method: str, path: str
) -> None:
    answer = json.loads((DATA / f"{name}-response.json").read_text())
    check_answer(document, method, path, answer)
    with pytest.raises(Exception, match="is not "):
        check_answer(document, method, path, {**answer, "result": 1})


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/info",
        "/api/v1/schema",
        PREFIX,
        f"{PREFIX}/ping",
        f"{PREFIX}/logs",
        f"{PREFIX}/logs/{{experiment_id}}",
        f"{PREFIX}/{{experiment_id}}",
        f"{PREFIX}/{{experiment_id}}/pods",
        f"{PREFIX}/{{experiment_id}}/events",
        f"{PREFIX}/{{experiment_id}}/files",
    ],
)
def test_what_is_answered_is_what_is_described(
    shared_api: Api, document: dict[str, Any], finished: str, path: str
) -> None:
    response = shared_api.call("GET", path.replace("{experiment_id}", finished))
    assert response.status_code == 200
    assert response.json()["result"]
    check_answer(document, "GET", path, response.json())


def test_summaries_plans_and_nothing_are_described(
    shared_api: Api, document: dict[str, Any], finished: str
) -> None:
    summary = shared_api.call("GET", PREFIX, params={"view": "summary"})
    check_answer(document, "GET", PREFIX, summary.json())
    for body in (experiment("x"), None):
        answer = shared_api.call("POST", PREFIX, params={"dryRun": "true"}, json=body)
        assert answer.status_code == 200
        check_answer(document, "POST", PREFIX, answer.json())


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"{PREFIX}/unknown", 404),
        ("GET", f"{PREFIX}?limit=x", 400),
        ("PUT", PREFIX, 405),
        ("POST", PREFIX, 415),
    ],
)
def test_refusals_are_described(
    shared_api: Api, document: dict[str, Any], method: str, path: str, code: int
) -> None:
    headers = {"Content-Type": "text/plain"}
    response = shared_api.call(method, path, data="x", headers=headers)
    assert response.status_code == code
    check(document, {"$ref": "#/components/schemas/Refusal"}, response.json())


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (PREFIX, "GET, POST"),
        (f"{PREFIX}/ping", "GET"),
        (f"{PREFIX}/any", "DELETE, GET, PATCH, POST"),
        (f"{PREFIX}/any/stop", "POST"),
    ],
)
def test_a_refused_method_comes_with_those_that_are_taken(
    shared_api: Api, path: str, allowed: str
) -> None:
    response = shared_api.call("PUT", path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


def test_all_but_the_first_route_want_a_token(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        assert ("security" in operation) == (path != "/"), path
