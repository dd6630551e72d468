"""Ports for servers that must be told theirs before they start."""

from __future__ import annotations

import contextlib
import random
import socket


def free_port() -> int:
    """Return a port that stays free: none of those that others are given when they ask for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
