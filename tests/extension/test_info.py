"""What the extension tells of its upstreams, also of those that do not answer."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from .conftest import STRANGER_TOKEN, Fetch, Stranger


class TestInfo:
    async def test_states(self, fetch: Fetch) -> None:
        answer = await fetch("info")
        info = json.loads(answer.body)
        assert info["default_upstream"] == "stranger"
        assert info["version"]
        assert info["upstreams"]["stranger"] == {
            "server": "id-of-the-stranger",
            "state": "connected",
            "message": None,
            "version": "9.9.9",
            "role": None,
        }
        assert info["may_write"] is True
        assert info["upstreams"]["embedded"]["state"] == "stopped"
        assert STRANGER_TOKEN.encode() not in answer.body

    async def test_dead_upstream(self, fetch: Fetch, stranger: Stranger) -> None:
        await stranger.stop()
        state = json.loads((await fetch("info")).body)["upstreams"]["stranger"]
        assert state["state"] == "unreachable"
        assert "cannot be reached" in state["message"]


class TestSilentUpstream:
    """A port where connections are accepted and nothing ever answers."""

    @pytest.fixture
    def extension_config(self) -> Any:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            yield {
                "upstreams": {"silent": {"url": f"http://127.0.0.1:{port}"}},
                "request_timeout": 30.0,
            }

    async def test_does_not_hold_the_others_up(
        self, fetch: Fetch, jp_asyncio_loop: asyncio.AbstractEventLoop
    ) -> None:
        started = jp_asyncio_loop.time()
        states = json.loads((await fetch("info")).body)["upstreams"]
        assert jp_asyncio_loop.time() - started < 4
        assert states["silent"]["state"] == "unknown"
        assert states["embedded"]["state"] == "stopped"
