"""`submarine/info`: which upstreams there are, and how each of them is."""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from typing import TypedDict

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async
from tornado import web

from ..errors import ServerUnavailable
from .base import AUTH_RESOURCE, SubmarineHandler
from .upstreams import NotStarted, Upstream, UpstreamInfo

_PATIENCE_SECONDS = 2.0


class UpstreamState(TypedDict):
    """How an upstream is, as the page is told."""

    server: str | None
    state: str
    message: str | None
    version: str | None
    role: str | None


class InfoHandler(SubmarineHandler, APIHandler):
    """Answers what a page needs to know before its first call."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell every upstream's state; one that is slow to answer is `unknown`."""
        states = await asyncio.gather(*(describe(upstream) for upstream in self.upstreams))
        self.finish(
            json.dumps(
                {
                    "version": version("submarine-jupyter"),
                    "may_write": await self._may_write(),
                    "default_upstream": self.upstreams.default,
                    "upstreams": {
                        upstream.name: state
                        for upstream, state in zip(self.upstreams, states, strict=True)
                    },
                }
            )
        )

    async def _may_write(self) -> bool:
        """Return whether Jupyter lets this user submit and change."""
        return await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "write", AUTH_RESOURCE)
        )


async def describe(upstream: Upstream, patience: float = _PATIENCE_SECONDS) -> UpstreamState:
    """Return the state of an upstream, within some seconds."""
    state, message, info = "unknown", None, UpstreamInfo()
    try:
        await upstream.endpoint(reread=True)
        info = await asyncio.wait_for(upstream.info(), patience)
    except NotStarted as error:
        state, message = "stopped", str(error)
    except ServerUnavailable as error:
        state, message = "unreachable", str(error)
    except asyncio.TimeoutError:
        message = f"The upstream '{upstream.name}' has not answered yet."
    else:
        state = "connected"
    return UpstreamState(
        server=await upstream.server_id(),
        state=state,
        message=message,
        version=info.version,
        role=info.role,
    )
