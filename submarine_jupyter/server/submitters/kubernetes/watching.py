"""What is on the cluster, kept up to date by a list and the changes since."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from .cluster import Cluster, Object
from .refusals import ClusterError, Gone, Refused
from .resources import Resource

log = logging.getLogger(__name__)

_BETWEEN = 0.05
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 15.0


class Watcher:
    """Looks after the objects of one resource.

    Parameters
    ----------
    changed
        Called with an object that is new or has changed, and whether it is still there.
    selector
        Of the labels.

    Attributes
    ----------
    objects
        What is there, by name.
    trouble
        What keeps it from knowing, in a sentence's part; None while it does.
    is_refused
        Whether that is a refusal, which time alone does not mend.
    """

    def __init__(
        self,
        cluster: Cluster,
        resource: Resource,
        selector: str,
        changed: Callable[[Object, bool], None],
    ) -> None:
        self.objects: dict[str, Object] = {}
        self.trouble: str | None = f"it is reading {resource} from the cluster"
        self.is_refused = False
        self._cluster = cluster
        self._resource = resource
        self._selector = selector
        self._changed = changed

    async def run(self) -> None:
        """Watch for ever, whatever happens to the connection."""
        pause = _FIRST_PAUSE
        while True:
            try:
                version = await self._list()
                pause = _FIRST_PAUSE
                while True:
                    version = await self._follow(version)
                    await asyncio.sleep(_BETWEEN)
            except Gone:
                await asyncio.sleep(_BETWEEN)
                continue
            except ClusterError as error:
                if str(error) != self.trouble:
                    log.warning("%s", error)
                # In this order: others look at them from their threads.
                self.is_refused = isinstance(error, Refused)
                self.trouble = str(error)
            except Exception as error:
                log.exception("%s cannot be watched; trying again", self._resource)
                self.trouble = f"{self._resource} cannot be watched: {error}"
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _list(self) -> str:
        found, version = await self._cluster.all(self._resource, self._selector)
        names = {_name(entry) for entry in found}
        for name in self.objects.keys() - names:
            self._changed(self.objects.pop(name), False)
        for entry in found:
            self._take(entry)
        self.trouble = None
        self.is_refused = False
        return version

    async def _follow(self, version: str) -> str:
        async for change, entry in self._cluster.changes(self._resource, self._selector, version):
            version = entry.get("metadata", {}).get("resourceVersion", version)
            if change == "DELETED":
                self.objects.pop(_name(entry), None)
                self._changed(entry, False)
            elif change != "BOOKMARK":
                self._take(entry)
        return version

    def _take(self, entry: Object) -> None:
        before = self.objects.get(_name(entry))
        if before is not None and before["metadata"].get("uid") != entry["metadata"].get("uid"):
            # It was deleted and made again while nobody looked.
            self._changed(before, False)
        self.objects[_name(entry)] = entry
        if before != entry:
            self._changed(entry, True)


def _name(entry: Object) -> str:
    return str(entry["metadata"]["name"])
