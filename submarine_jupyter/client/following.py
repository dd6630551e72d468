"""Following an experiment: its stream of records, taken up again wherever it broke off."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ..errors import ApiError, NotFound, ServerUnavailable
from ..logs.records import Record
from ..logs.sse import SSEParser
from .transport import Call, Transport, chunks_of

__all__ = [
    "EVERYTHING",
    "PATIENCE",
    "SILENCE",
    "Absence",
    "Record",
    "View",
    "experiment_path",
    "follow",
    "sleep",
    "time_left",
]

SILENCE = 45.0
"""Seconds without a byte after which a stream counts as broken; a comment comes every 15."""

PATIENCE = 120.0
"""Seconds that a server may stay away before following gives up."""

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_TRY_AGAIN = (408, 425, 429)
_KIND = "text/event-stream"


@dataclass(frozen=True)
class View:
    """Which records of an experiment are wanted.

    Attributes
    ----------
    after
        A record's cursor to go on from; None begins at the beginning.
    tail
        Begin with only this many last lines of each pod; None takes all.
    pods
        Only these pods' logs; None takes all.
    """

    after: str | None = None
    tail: int | None = None
    pods: Sequence[str] | None = None

    def params(self) -> dict[str, str]:
        """Return the view as the query of a stream."""
        given = {
            "after": self.after,
            "tail": None if self.tail is None else str(self.tail),
            "pods": None if self.pods is None else ",".join(self.pods),
        }
        return {name: value for name, value in given.items() if value is not None}

    def beyond(self, cursor: str) -> View:
        """Return the view of what follows a record; `tail` has done its work then."""
        return View(cursor or self.after, None, self.pods)


EVERYTHING = View()


def experiment_path(experiment_id: str, *rest: str) -> str:
    """Return the API's path of an experiment and what lies below it."""
    parts = (experiment_id, *rest)
    return "/api/v1/experiment/" + "/".join(quote(part, safe="") for part in parts)


def follow(
    transport: Transport,
    experiment_id: str,
    view: View,
    *,
    deadline: float | None = None,
    patience: float = PATIENCE,
) -> Iterator[Record]:
    """Yield the records of an experiment, each once, up to and with its `end`.

    Parameters
    ----------
    view
        Which records.
    deadline
        `time.monotonic()` at which to stop with TimeoutError.
    patience
        Seconds that the server may stay away.

    Raises
    ------
    NotFound
        The server does not know the experiment, or has no streams.
    ServerUnavailable
        The server stayed away for longer than `patience`.
    TimeoutError
        The deadline has passed.
    """
    absence = Absence(experiment_id, patience)
    followed = False
    while True:
        try:
            for record in _read(transport, experiment_id, view, deadline, absence):
                yield record
                if record.event == "end":
                    return
                view, followed = view.beyond(record.cursor), True
            absence.bear(ServerUnavailable(f"The stream of {experiment_id} broke off"))
        except NotFound:
            if not followed:
                raise
            yield Record("end", view.after or "", {"status": "Deleted"})
            return
        except (ServerUnavailable, ApiError) as error:
            absence.bear(error)
        sleep(absence.pause(), deadline)


class Absence:
    """How long a server has stayed away, and how long that is borne.

    Parameters
    ----------
    patience
        Seconds that it may stay away.
    """

    def __init__(self, experiment_id: str, patience: float = PATIENCE) -> None:
        self._experiment_id = experiment_id
        self._patience = patience
        self.end()

    def end(self) -> None:
        """Note that the server has answered."""
        self._heard_at = time.monotonic()
        self._pause = _FIRST_PAUSE

    def bear(self, error: Exception) -> None:
        """Return if it is worth while to ask once more after an error; raise it if not."""
        if isinstance(error, ApiError) and error.code < 500 and error.code not in _TRY_AGAIN:
            raise error
        if time.monotonic() - self._heard_at <= self._patience:
            return
        if isinstance(error, ApiError):
            raise error
        raise ServerUnavailable(
            f"The server has not answered for {self._patience:.0f} s; {self._experiment_id} may "
            "go on running, so look again when the server is back"
        ) from error

    def pause(self) -> float:
        """Return the seconds until the next attempt, longer each time."""
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads reconnections


def _read(
    transport: Transport,
    experiment_id: str,
    view: View,
    deadline: float | None,
    absence: Absence,
) -> Iterator[Record]:
    """Yield the records of one connection; it may end anywhere."""
    silence = SILENCE if deadline is None else max(time_left(deadline, 2 * SILENCE) / 2, 0.2)
    response = transport.open(
        Call(
            path=experiment_path(experiment_id, "stream"),
            params=view.params(),
            headers={"Accept": _KIND},
            read_timeout=silence,
        )
    )
    with response:
        if not response.headers.get("Content-Type", "").startswith(_KIND):
            raise ServerUnavailable(f"What answers at {response.url} is no stream of Submarine's")
        parser = SSEParser()
        for chunk in chunks_of(response):
            # Also a comment tells that it is there, while the run says nothing.
            absence.end()
            for message in parser.feed(chunk):
                yield Record(message.event, message.id, json.loads(message.data))
            if time_left(deadline, silence) < silence:
                return  # comes back with a shorter time-out, so as not to sleep past the deadline


def time_left(deadline: float | None, most: float) -> float:
    """Return the seconds left, at most `most`; TimeoutError when there are none."""
    if deadline is None:
        return most
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, most)


def sleep(seconds: float, deadline: float | None) -> None:
    """Sleep, but not past the deadline."""
    time.sleep(time_left(deadline, seconds))
