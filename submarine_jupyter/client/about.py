"""What a server says of itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..errors import NotFound, UnknownPath
from .servers import Start
from .transport import Call, Transport

_PLAIN: dict[str, Any] = {"name": "submarine", "server": None, "host": None, "features": []}
"""What stands for a server that only has the documented API, such as Apache Submarine's."""


def ask_info(transport: Transport, start: Start, read_timeout: float) -> dict[str, Any]:
    """Return the server's `info`; that of a plain server if it has no such route.

    Raises
    ------
    ServerUnavailable
        No server answers, or only a gateway does, whose server is away.
    """

    def ask(path: str) -> Any:
        return transport.call(Call(path=path, start=start, read_timeout=read_timeout)).result

    try:
        return dict(ask("/api/v1/info"))
    except NotFound:
        return dict(_PLAIN)
    except UnknownPath:
        # Every server of the API answers this, and no gateway does whose server is away.
        with suppress(NotFound):
            ask("/api/v1/experiment/ping")
    try:
        return dict(ask("/api/v1/info"))  # which may only have been away
    except (NotFound, UnknownPath):
        return dict(_PLAIN)
