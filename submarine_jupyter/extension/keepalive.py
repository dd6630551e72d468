"""Keeps a Jupyter server from being culled while the embedded server has something to run.

What decides about culling, `ServerApp.shutdown_no_activity_timeout` and JupyterHub's single-user
server alike, asks `web_app.last_activity()`: the newest of all settings whose names end in
`_last_activity`, and of what kernels and terminals did.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from .. import datadir
from ..errors import ServerUnavailable
from .transport import Call, Endpoint
from .upstreams import Upstream

EVERY_SECONDS = 60.0

_SETTING = "submarine_last_activity"
# In the order that an experiment goes through them: one that moves on while they are counted, one
# status after the other, is met later instead of never.
_ACTIVE = ("Accepted", "Created", "Running")
_ANSWER_BYTES = 64 * 1024


class WebApp(Protocol):
    """What is needed of Jupyter's web application."""

    settings: dict[str, Any]

    def last_activity(self) -> datetime:
        """Return when somebody last did something."""


class KeepAlive:
    """Reports activity while experiments run or wait on the embedded server.

    It never starts that server, and does not keep it from ending when it has nothing to do: after
    an answer that it has nothing, it is asked again only when it has started anew or the
    directory of the experiments has changed.

    Parameters
    ----------
    embedded
        The embedded server.
    max_hours
        No more is reported when the user has done nothing for so long.
    """

    def __init__(
        self,
        web_app: WebApp,
        embedded: Upstream,
        max_hours: float,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self._web_app = web_app
        self._embedded = embedded
        self._longest = timedelta(hours=max_hours)
        self._log = log
        self._idle: tuple[Endpoint, int] | None = None

    async def run(self) -> None:
        """Look once a minute."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except ServerUnavailable as error:
                self._log.debug("Cannot tell whether experiments run: %s", error)
            except Exception:  # noqa: BLE001 - one failure must not end the looking
                self._log.exception("Cannot tell whether experiments run")

    async def look(self) -> None:
        """Report activity if something runs, and the user was there not too long ago.

        Raises
        ------
        ServerUnavailable
            The server runs and does not answer.
        """
        now = datetime.now(timezone.utc)
        if now - self._last_of_the_user() < self._longest and await self._has_work():
            self._web_app.settings[_SETTING] = now

    def _last_of_the_user(self) -> datetime:
        """Return when there was activity that was not reported here."""
        own = self._web_app.settings.pop(_SETTING, None)
        try:
            return self._web_app.last_activity()
        finally:
            if own is not None:
                self._web_app.settings[_SETTING] = own

    async def _has_work(self) -> bool:
        try:
            endpoint = await self._embedded.endpoint()
        except ServerUnavailable:
            return False
        state = endpoint, await asyncio.to_thread(_changed)
        if state == self._idle:
            return False
        for status in _ACTIVE:
            if await self._count(status):
                return True
        self._idle = state
        return False

    async def _count(self, status: str) -> int:
        """Return how many experiments have a status."""
        target = f"api/v1/experiment?status={status}&limit=0&view=summary"
        answer = await self._embedded.request(Call("GET", target, repeatable=True))
        try:
            body = await answer.read(_ANSWER_BYTES)
        finally:
            answer.close()
        try:
            return int(json.loads(body)["attributes"]["total"])
        except (ValueError, LookupError, TypeError):
            raise ServerUnavailable(
                f"The embedded server answers {answer.status} instead of a list."
            ) from None


def _changed() -> int:
    """Return when an experiment last came to the embedded server, or went; 0 if none ever did."""
    try:
        return (datadir.data_dir() / "experiments").stat().st_mtime_ns
    except OSError:
        return 0
