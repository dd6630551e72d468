"""Where a reader of a stream is: how many events it has, and how far it is in each pod's log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_FORMAT = "1"
_ENTRY = re.compile(r"([A-Za-z0-9._-]+)\*([0-9]{1,9})\*([0-9]{1,18})")
_EVENTS = re.compile(r"[0-9]{1,18}")


class Position(NamedTuple):
    """A place in a pod's log.

    Attributes
    ----------
    attempt
        Which start of the pod, from 1.
    offset
        Bytes of that attempt's log that the reader has.
    """

    attempt: int
    offset: int


@dataclass(frozen=True)
class Cursor:
    """A place in the stream of an experiment (or, without pods, of all experiments).

    Its text is opaque to clients and needs no escaping in a URL or a header:
    `1!<events>!<pod>*<attempt>*<offset>!…`, where the first `1` is the format.

    Attributes
    ----------
    events
        Sequence number of the last event the reader has.
    pods
        The reader's position in each pod's log; a pod left out has not been read.
    """

    events: int = 0
    pods: Mapping[str, Position] = field(default_factory=dict)

    def __str__(self) -> str:
        entries = (f"{pod}*{place.attempt}*{place.offset}" for pod, place in self.pods.items())
        return "!".join((_FORMAT, str(self.events), *entries))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor that a stream gave; ValueError if it is none."""
        version, _, rest = text.partition("!")
        events, *entries = rest.split("!")
        if version != _FORMAT or not _EVENTS.fullmatch(events):
            raise ValueError(f"{text[:80]!r} is no cursor of a stream; leave it out to start over")
        pods = {}
        for entry in entries:
            match = _ENTRY.fullmatch(entry)
            if match is None:
                raise ValueError(f"{entry[:80]!r} is no position of a cursor")
            pods[match[1]] = Position(int(match[2]), int(match[3]))
        return cls(int(events), pods)

    def with_pod(self, pod: str, attempt: int, offset: int) -> Cursor:
        """Return the cursor after reading a pod's log up to `offset`."""
        return Cursor(self.events, {**self.pods, pod: Position(attempt, offset)})

    def with_events(self, events: int) -> Cursor:
        """Return the cursor after the event number `events`."""
        return Cursor(events, self.pods)
