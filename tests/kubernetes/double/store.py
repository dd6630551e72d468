"""The objects of the stand-in, with versions and a history to watch."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

Object = dict[str, Any]


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Conflict(Exception):
    """There is an object of that name."""


class Store:
    """Objects by their plural and name; every change has a version."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Object]] = {}
        self.version = 1
        self.oldest = 0
        self.history: list[tuple[int, str, str, Object]] = []
        self.watches: set[asyncio.Queue[tuple[str, str, Object] | None]] = set()

    def all(self, plural: str, selector: str = "") -> list[Object]:
        found = self.objects.get(plural, {})
        return [found[name] for name in sorted(found) if matches(found[name], selector)]

    def get(self, plural: str, name: str) -> Object | None:
        return self.objects.get(plural, {}).get(name)

    def create(self, plural: str, body: Mapping[str, Any]) -> Object:
        entry: Object = copy.deepcopy(dict(body))
        name = entry["metadata"]["name"]
        if self.get(plural, name) is not None:
            raise Conflict(name)
        entry["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        self.objects.setdefault(plural, {})[name] = entry
        self.note("ADDED", plural, entry)
        return entry

    def update(self, plural: str, entry: Object) -> None:
        """Tell of a change that was made to an object."""
        if self.get(plural, entry["metadata"]["name"]) is entry:
            self.note("MODIFIED", plural, entry)

    def remove(self, plural: str, name: str) -> Object | None:
        entry = self.objects.get(plural, {}).pop(name, None)
        if entry is not None:
            self.note("DELETED", plural, entry)
        return entry

    def note(self, change: str, plural: str, entry: Object) -> None:
        self.version += 1
        entry["metadata"]["resourceVersion"] = str(self.version)
        seen = copy.deepcopy(entry)
        self.history.append((self.version, change, plural, seen))
        for queue in self.watches:
            queue.put_nowait((change, plural, seen))

    def since(self, version: int, plural: str) -> Iterator[tuple[str, Object]]:
        for number, change, of, entry in self.history:
            if number > version and of == plural:
                yield change, entry

    def compact(self) -> None:
        """Forget what happened: watches from before answer 410."""
        self.history.clear()
        self.oldest = self.version


def matches(entry: Object, selector: str) -> bool:
    labels = entry["metadata"].get("labels", {})
    pairs = [part.partition("=") for part in selector.split(",") if part]
    return all(labels.get(name) == value for name, _, value in pairs)


def merge(target: Object, change: Mapping[str, Any]) -> None:
    """Apply a JSON merge patch."""
    for name, value in change.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(target.get(name), dict):
            merge(target[name], value)
        else:
            target[name] = copy.deepcopy(value)
