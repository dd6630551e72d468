"""Answers in the API's envelope."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from ..spec import Envelope


def answer(result: object, attributes: dict[str, Any] | None = None) -> JSONResponse:
    """Wrap a JSON-ready result."""
    return JSONResponse(Envelope.of(result, attributes).to_wire())


def refusal(code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Wrap an error."""
    # A sentence may quote what was sent, and that may hold what UTF-8 cannot.
    sayable = message.encode("utf-8", "backslashreplace").decode()
    return JSONResponse(Envelope.of_error(code, sayable).to_wire(), code, headers=headers)


def invalid_spec() -> JSONResponse:
    """Answer an empty body as the API does: 200 with neither success nor result."""
    envelope = Envelope(status=HTTPStatus.OK.name, code=200, message="Invalid experiment spec.")
    return JSONResponse(envelope.to_wire())
