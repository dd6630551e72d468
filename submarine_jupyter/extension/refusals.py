"""What an upstream's answer means when it is not the one that was hoped for."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ServerUnavailable
from .transport import Answer

_TRY_AGAIN_CODES = frozenset({408, 425, 429})
_MESSAGE_LENGTH = 500
_ERROR_BYTES = 64 * 1024


class Over(Exception):
    """A subscription cannot go on; code and message are for the page."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class NoStreams(Exception):
    """The upstream answers, but has no streams."""


def check(answer: Answer, upstream: str) -> None:
    """Raise what holds for every route: it is to be tried again, or not allowed.

    Raises
    ------
    ServerUnavailable, Over
        What the answer's status means.
    """
    status = answer.status
    if status >= 500 or status in _TRY_AGAIN_CODES:
        raise ServerUnavailable(f"The upstream '{upstream}' answers {status}; it is tried again.")
    if status == 401:
        raise Over("NotAuthenticated", f"The upstream '{upstream}' refuses its token.")
    if status == 403:
        raise Over("NotAuthorized", f"The upstream '{upstream}' does not allow this.")


async def sentence(answer: Answer) -> str | None:
    """Return the message of an error's envelope."""
    return _message(await _envelope(answer))


async def not_found(answer: Answer, upstream: str) -> str | None:
    """Return the message of a 404 of the API's own.

    Raises
    ------
    ServerUnavailable
        Something else answers for the upstream, such as a gateway while its server restarts.
    """
    envelope = await _envelope(answer)
    if envelope is None or not {"code", "success"} <= envelope.keys():
        raise ServerUnavailable(
            f"What answers at the upstream '{upstream}' is no experiment server now; "
            "it is tried again."
        )
    return _message(envelope)


async def _envelope(answer: Answer) -> dict[str, Any] | None:
    try:
        envelope = json.loads(await answer.read(_ERROR_BYTES))
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) else None


def _message(envelope: dict[str, Any] | None) -> str | None:
    message = (envelope or {}).get("message")
    return message[:_MESSAGE_LENGTH] if isinstance(message, str) else None
