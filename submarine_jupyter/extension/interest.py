"""What a page wants to follow."""

from __future__ import annotations

from dataclasses import dataclass

from ..logs.sse import SSEMessage

CONNECTED = SSEMessage("connected", "", b"null")
"""Stands before the records of each connection to an upstream: it is there."""


@dataclass(frozen=True)
class Interest:
    """What a subscription asks for.

    Attributes
    ----------
    id
        The page's name for the subscription.
    experiment
        Id of an experiment; none for all of them.
    after
        Cursor to go on from.
    tail
        Lines a pod to begin with, when there is no cursor.
    pods
        Only these pods; none for all.
    """

    id: str
    experiment: str | None
    after: str | None = None
    tail: int | None = None
    pods: tuple[str, ...] | None = None
