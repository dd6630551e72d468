"""Objects of the API out of request bodies."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ...errors import Problem, SpecError
from ...spec import ExperimentSpec
from ...spec.loading import load_mapping
from ...spec.models import Model

_KINDS = ("application/json", "application/yaml")

Sent = TypeVar("Sent", bound=Model)


def body_of(model: type[Model]) -> dict[str, Any]:
    """Return what OpenAPI says of a body that `read_body` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {kind: {"schema": schema} for kind in _KINDS}
    return {"requestBody": {"required": True, "content": content}}


SPEC_BODY = body_of(ExperimentSpec)


async def read_spec(request: Request) -> ExperimentSpec | None:
    """Return the spec in a body; see `read_body`."""
    return await read_body(request, ExperimentSpec)


async def read_body(request: Request, model: type[Sent]) -> Sent | None:
    """Return the object in a JSON or YAML body; None for an empty body or a null.

    Raises
    ------
    SpecError
        Names line and column, or the field.
    HTTPException
        415 for another content type.
    """
    body = await request.body()
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise HTTPException(415, "Send the body as application/json or application/yaml.")
    if body.strip() in {b"", b"null"}:
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError([Problem("", f"the body is not UTF-8: {error.reason}")]) from None
    if kind == "application/yaml":
        value: object = await run_in_threadpool(load_mapping, text)
    else:
        value = _load_json(text)
    return await run_in_threadpool(model.from_wire, value)


def _load_json(text: str) -> object:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SpecError([Problem(where, f"not valid JSON: {error.msg}")]) from None
    except RecursionError:
        raise SpecError([Problem("", "not valid JSON: nested too deeply")]) from None
    except ValueError as error:
        raise SpecError([Problem("", f"not valid JSON: {error}")]) from None
    if not isinstance(value, dict):
        raise SpecError([Problem("", f"a spec is a JSON object, not a {type(value).__name__}")])
    return value
