"""Answers in the API's envelope."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from ..spec import Envelope


def answer(result: object, attributes: dict[str, Any] | None = None) -> JSONResponse:
    """Wrap a JSON-ready result."""
    return JSONResponse(Envelope.of(result, attributes).to_wire())


def answer_list(
    pieces: Iterable[Sequence[str]], attributes: Callable[[], dict[str, Any]]
) -> Response:
    """Wrap a list that comes in pieces, and send each as it comes.

    Parameters
    ----------
    pieces
        Entries of the list, as JSON.
    attributes
        Gives the envelope's attributes, once the last piece has come.
    """

    def result() -> Iterator[str]:
        separator = "["
        for piece in pieces:
            if piece:
                yield separator + ",".join(piece)
                separator = ","
        yield "[]" if separator == "[" else "]"

    return answer_pieces(result(), attributes)


def answer_pieces(
    result: Iterator[str], attributes: Callable[[], dict[str, Any]] = dict
) -> Response:
    """Wrap a result whose JSON comes in pieces, and send each as it comes."""
    # What fails here is still answered as an error; later the answer could only be cut off.
    first = next(result)

    def body() -> Iterator[str]:
        yield _around_result({})[0] + first
        yield from result
        yield _around_result(attributes())[1]

    return StreamingResponse(body(), media_type="application/json")


def _around_result(attributes: dict[str, Any]) -> tuple[str, str]:
    """Return the envelope's text before and after its result."""
    text = json.dumps(Envelope.of([], attributes).to_wire(), separators=(",", ":"))
    before, _, after = text.partition("[]")
    return before, after


def refusal(code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Wrap an error."""
    # A sentence may quote what was sent, and that may hold what UTF-8 cannot.
    sayable = message.encode("utf-8", "backslashreplace").decode()
    return JSONResponse(Envelope.of_error(code, sayable).to_wire(), code, headers=headers)


def invalid_spec() -> JSONResponse:
    """Answer an empty body as the API does: 200 with neither success nor result."""
    envelope = Envelope(status=HTTPStatus.OK.name, code=200, message="Invalid experiment spec.")
    return JSONResponse(envelope.to_wire())
