"""Reads the log of one start of a container, from its beginning to its end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import aiohttp

from ..run.output import CannotDrop
from .cluster import Cluster
from .refusals import ClusterError, Refused
from .replaying import ReplayedLog
from .resources import PODS
from .states import PodSeen, pod_seen

log = logging.getLogger(__name__)

_PAUSE = 0.3
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Start:
    """One start of a pod's container.

    Attributes
    ----------
    uid
        Of the pod: one that is made anew has the same name.
    restarts
        How often the container had been started before.
    """

    pod: str
    uid: str
    restarts: int
    container: str


class LogFollower:
    """Follows one start of a container.

    Parameters
    ----------
    log
        Where its lines go; what is there already stays.
    """

    def __init__(self, cluster: Cluster, start: Start, replayed: ReplayedLog) -> None:
        self._cluster = cluster
        self._start = start
        self._log = replayed
        self._was_read = False

    async def run(self) -> None:
        """Return when the log is whole, or as whole as it can still be had."""
        pause = _PAUSE
        while True:
            try:
                if await self._read_once():
                    return
                pause = _PAUSE
            except CannotDrop as error:
                log.warning("the log of %s is read no further: it %s", self._start.pod, error)
                self._log.mark_gap()
                return
            except (ClusterError, aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
                self._was_read = False
                log.info("the log of %s cannot be read for now: %s", self._start.pod, error)
                pause = min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _read_once(self) -> bool:
        """Read what there is; return whether that was the rest of it."""
        before = await self._look()
        if before is None or before.restarts > self._start.restarts + 1:
            self._lose()
            return True
        is_previous = before.restarts > self._start.restarts
        has_ended = is_previous or before.exit is not None
        query = {"previous": "true"} if is_previous else {"follow": "true"}
        since = self._log.resume()
        if since is not None:
            query["sinceTime"] = since
        try:
            response = await self._cluster.read_log(
                self._start.pod, self._start.container, {"timestamps": "true", **query}
            )
        except Refused as error:
            if error.status != 400 or not has_ended:
                raise
            # The node has removed the container, and its log with it.
            self._lose()
            return True
        async with response:
            after = await self._look()
            if after is None or after.restarts != before.restarts:
                # What was opened may be the log of another start.
                return False
            await self._take(response)
        self._was_read = True
        return has_ended

    async def _look(self) -> PodSeen | None:
        """Return what the pod tells now; None when it is gone."""
        try:
            pod = await self._cluster.get(PODS, self._start.pod)
        except Refused as error:
            if error.status != 404:
                raise
            return None
        seen = pod_seen(pod, self._start.container)
        return seen if seen.uid == self._start.uid else None

    async def _take(self, response: aiohttp.ClientResponse) -> None:
        rest = bytearray()
        async for chunk in response.content.iter_any():
            searched = len(rest)
            rest += chunk
            if b"\n" not in chunk:
                continue
            end = rest.rfind(b"\n", searched) + 1
            for line in bytes(rest[:end]).split(b"\n")[:-1]:
                self._log.take(line + b"\n")
            del rest[:end]
            self._log.note()
        if rest:
            # The last line of a program may have no newline.
            self._log.take(bytes(rest))
        self._log.note()

    def _lose(self) -> None:
        """Mark the end of a log of which the rest cannot be had any more."""
        if not self._was_read:
            self._log.mark_gap()
