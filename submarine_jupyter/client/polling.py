"""Following an experiment of a server that has no streams, such as Apache Submarine's own."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..errors import ApiError, BadRequest, NotFound, ServerUnavailable
from ..logs.cursor import Cursor
from ..logs.pace import Pace
from ..logs.records import Record
from ..logs.snapshots import Snapshot, SnapshotReader
from .following import Absence, View, experiment_path, sleep, time_left
from .transport import READ_TIMEOUT, Call, Transport


def poll(
    transport: Transport,
    experiment_id: str,
    view: View,
    *,
    pace: Pace,
    deadline: float | None = None,
) -> Iterator[Record]:
    """Yield the records of an experiment, as a stream has them, up to and with its `end`.

    They are made from whole answers, asked for again and again. There are no `event` and `metric`
    records; a line that may still grow is `partial` until another follows or the run ends.

    Parameters
    ----------
    view
        Which records.
    pace
        How often to ask.
    deadline
        `time.monotonic()` at which to stop with TimeoutError.

    Raises
    ------
    NotFound
        The server does not know the experiment.
    ServerUnavailable
        The server stayed away for two minutes, or answers what is no experiment.
    TimeoutError
        The deadline has passed.
    """
    reader = SnapshotReader(_cursor(view.after), view.tail, view.pods)
    absence = Absence(experiment_id)
    while True:
        asked_at = time.monotonic()
        try:
            snapshot = _ask(transport, experiment_id, deadline)
        except NotFound:
            rest = list(reader.gone())
            if not rest:
                raise
            yield from rest
            return
        except (ServerUnavailable, ApiError) as error:
            absence.bear(error)
            pause = absence.pause()
        else:
            absence.end()
            yield from reader.take(snapshot)
            if snapshot.is_over:
                return
            pause = pace.after(snapshot.extent, time.monotonic() - asked_at)
            del snapshot  # not to hold two whole logs while the next one is read
        sleep(pause, deadline)


def _ask(transport: Transport, experiment_id: str, deadline: float | None) -> Snapshot:
    def get(path: str) -> object:
        timeout = time_left(deadline, READ_TIMEOUT)
        try:
            return transport.call(Call(path=path, read_timeout=timeout)).result
        except BadRequest as error:
            # That is how Apache Submarine answers when its database is away.
            raise ApiError(500, error.message) from None

    experiment = get(experiment_path(experiment_id))
    # Asked for afterwards: once the experiment is over, these are the last lines.
    logs = get(experiment_path("logs", experiment_id))
    try:
        return Snapshot.read(experiment, logs)
    except ValueError as error:
        raise ServerUnavailable(
            f"What the server answers for {experiment_id} is none of Submarine's: {error}; "
            "check the address"
        ) from None


def _cursor(after: str | None) -> Cursor | None:
    if not after:
        return None
    try:
        return Cursor.parse(after)
    except ValueError as error:
        raise BadRequest(400, f"after: {error}") from None
