"""The six statuses of an experiment and the order they may come in."""

from __future__ import annotations

from enum import Enum


class Status(str, Enum):
    """Status of an experiment, as it stands on the wire."""

    ACCEPTED = "Accepted"
    CREATED = "Created"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DELETED = "Deleted"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing but deletion can follow."""
        return self in _TERMINAL

    def may_become(self, other: Status) -> bool:
        """Whether `other` may follow this status."""
        return other in _NEXT[self]

    @classmethod
    def parse(cls, text: str) -> Status:
        """Read a status in any case; raises ValueError that names the statuses."""
        for status in cls:
            if status.value.lower() == text.strip().lower():
                return status
        allowed = ", ".join(status.value for status in cls)
        raise ValueError(f"{text!r} is no status; use one of {allowed}")


COLOURS = {
    "Accepted": "magenta",
    "Created": "magenta",
    "Running": "blue",
    "Succeeded": "green",
    "Failed": "red",
}
"""What terminals show statuses in."""

_TERMINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.DELETED})

_NEXT: dict[Status, frozenset[Status]] = {
    Status.ACCEPTED: frozenset(
        {Status.CREATED, Status.RUNNING, Status.SUCCEEDED, Status.FAILED, Status.DELETED}
    ),
    Status.CREATED: frozenset({Status.RUNNING, Status.SUCCEEDED, Status.FAILED, Status.DELETED}),
    # A restarted replica brings a running experiment back to Running.
    Status.RUNNING: frozenset({Status.RUNNING, Status.SUCCEEDED, Status.FAILED, Status.DELETED}),
    Status.SUCCEEDED: frozenset({Status.DELETED}),
    Status.FAILED: frozenset({Status.DELETED}),
    Status.DELETED: frozenset(),
}
