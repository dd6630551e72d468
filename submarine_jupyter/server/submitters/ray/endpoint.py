"""Whether there is somebody at an address."""

from __future__ import annotations

import socket

_PATIENCE = 1.0


def answers(address: str) -> bool:
    """Whether a connection to `HOST:PORT` can be made."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except OSError:
        return False
    return True
