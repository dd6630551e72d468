"""A pod of a run: what has been seen of it, noted as facts, and the logs of its starts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..run.journal import Journal
from .cluster import Cluster
from .following import LogFollower, Start
from .replaying import ReplayedLog
from .states import Exit, Notice, PodSeen

_FIRST_BACK_OFF = 10.0
_LONGEST_BACK_OFF = 300.0
_EXPLAIN_PATIENCE = 5.0
_LOST = Exit(-9, ("PodLost", "was lost: its pod was removed from the cluster"))


class FactNotes:
    """Notes facts with the times that the cluster gives, in order.

    Parameters
    ----------
    latest
        The time of what was noted before.
    """

    def __init__(self, journal: Journal, latest: float) -> None:
        self.journal = journal
        self._latest = latest

    def note(self, fact: str, when: float | None = None, **fields: object) -> None:
        """Note a fact, now or when the cluster says; never before the one before it."""
        now = time.time()
        self._latest = max(self._latest, now if when is None else min(when, now))
        self.journal.note(fact, **{"time": self._latest, **fields})


class Attempt:
    """One start of the pod's container, and its log.

    Attributes
    ----------
    exited, gone
        Whether its end was noted, and whether its log is whole.
    """

    def __init__(self, number: int, start: Start, log: ReplayedLog) -> None:
        self.number = number
        self.start = start
        self.log = log
        self.exited = False
        self.gone = False
        self.follower: asyncio.Task[None] | None = None
        self.dropped = 0
        self.has_told_gap = False

    def follow(self, cluster: Cluster) -> None:
        """Read its log until it is whole."""
        self.follower = asyncio.create_task(LogFollower(cluster, self.start, self.log).run())

    @property
    def is_read(self) -> bool:
        """Whether its log is read to the end."""
        return self.follower is not None and self.follower.done()

    def close(self) -> None:
        """Read no more."""
        if self.follower is not None:
            self.follower.cancel()
        self.log.close()


class PodRun:
    """What is known of one pod.

    Parameters
    ----------
    name
        Of the pod.
    container
        That the program runs in.
    logs
        Makes the log of a start, by its number.
    notes
        Where facts go.
    """

    def __init__(
        self,
        name: str,
        container: str,
        cluster: Cluster,
        logs: Callable[[str, int], ReplayedLog],
        notes: FactNotes,
    ) -> None:
        self.name = name
        self.attempts: list[Attempt] = []
        self.failure: Exit | None = None
        self.seen: PodSeen | None = None
        self._container = container
        self._cluster = cluster
        self._logs = logs
        self._notes = notes
        self._told: set[Notice] = set()
        self._ending: Exit | None = None
        self._explain_until = 0.0

    @property
    def current(self) -> Attempt | None:
        """The latest start."""
        return self.attempts[-1] if self.attempts else None

    @property
    def is_active(self) -> bool:
        """Whether something of it runs or may still run."""
        return self.seen is not None and self.seen.is_active

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs, and its logs are whole."""
        return not self.is_active and all(attempt.gone for attempt in self.attempts)

    def replay(self, fact: Mapping[str, Any]) -> None:
        """Take in a fact that was noted before the server was started."""
        if fact["fact"] == "start":
            self._attempt(fact["uid"], fact["restarts"])
        elif fact["fact"] == "notice":
            self._told.add(Notice(fact["reason"], fact["message"]))
        elif fact["fact"] == "exit":
            if fact["code"] != 0 and fact["by"] is None:
                verdict = (fact["reason"], fact["message"]) if fact["reason"] else None
                self.failure = Exit(fact["code"], verdict)
            for attempt in self._numbered(fact):
                attempt.exited = True
        elif fact["fact"] == "gone":
            for attempt in self._numbered(fact):
                attempt.gone = True
                attempt.close()

    def resume(self) -> None:
        """Go on reading the logs that are not whole."""
        for attempt in self.attempts:
            if not attempt.gone:
                attempt.follow(self._cluster)

    def see(self, seen: PodSeen, by: str | None) -> None:
        """Take in what the pod tells now.

        Parameters
        ----------
        by
            Why it is being ended, when it is.
        """
        if self.seen is not None and self.seen.uid != seen.uid:
            self.vanish(by)
        if self.current is not None and self.current.start.uid != seen.uid:
            # It was made anew, so the one before was not ended for good.
            self._explain(None)
        self.seen = seen
        for notice in seen.notices:
            self.tell(notice)
        current = self.current
        if current is not None and not current.exited and self._is_before(current, seen):
            ending = seen.previous if seen.restarts == current.start.restarts + 1 else None
            self._exit(current, ending or _LOST, None)
        if seen.started is not None:
            self._begin(seen)
        current = self.current
        if seen.exit is not None and current is not None and not current.exited:
            if seen.is_leaving:
                self._end(seen.exit, by)
            else:
                self._exit(current, seen.exit, None)
        if seen.backs_off and current is not None and current.exited:
            self._tell_back_off(current, seen)
        if seen.unstarted is not None and not self.attempts and self.failure is None:
            self.failure = seen.unstarted
            self._note_exit(1, seen.unstarted, None)

    def vanish(self, by: str | None) -> None:
        """Take in that the pod is not there any more."""
        self.seen = None
        current = self.current
        if current is not None and not current.exited:
            self._end(_LOST, by)

    @property
    def is_unexplained(self) -> bool:
        """Whether it was ended, and nobody has said why yet."""
        return self._ending is not None

    def explain(self, by: str | None) -> None:
        """Note an end that was not explained before, now or when that takes too long."""
        if self._ending is not None and (by or time.monotonic() > self._explain_until):
            self._explain(by)

    def look_after(self) -> None:
        """Note what has become of its logs."""
        for attempt in self.attempts:
            if attempt.gone:
                continue
            if attempt.log.first > attempt.dropped:
                attempt.dropped = attempt.log.first
                self._note("dropped", attempt, first=attempt.dropped)
            if attempt.log.has_gap and not attempt.has_told_gap:
                attempt.has_told_gap = True
                self.tell(Notice("LogGap", "lines of its log may be missing, as the log shows"))
            if attempt.exited and attempt.is_read:
                attempt.gone = True
                self._note("gone", attempt, size=attempt.log.size)
                attempt.close()

    def give_up(self) -> None:
        """Close the logs as they are: nobody tells how they go on."""
        self.vanish("stop")
        self._explain("stop")
        for attempt in self.attempts:
            if not attempt.gone:
                if not attempt.is_read:
                    attempt.log.mark_gap()
                attempt.gone = True
                self._note("gone", attempt, size=attempt.log.size)
                attempt.close()

    def close(self) -> None:
        """Read no more; what is not whole is gone on with by the next server."""
        for attempt in self.attempts:
            if not attempt.gone:
                attempt.close()

    def tell(self, notice: Notice) -> None:
        """Have the timeline tell something of the pod, once."""
        if notice not in self._told:
            self._told.add(notice)
            said = {"reason": notice.reason, "message": notice.message}
            self._notes.note("notice", None, pod=self.name, **said)

    def _begin(self, seen: PodSeen) -> None:
        """Note the starts that are new: the one of now, and one before it that nobody has seen."""
        latest = self.current
        known = latest.start.restarts if latest and latest.start.uid == seen.uid else -1
        for restarts in _unseen(known, seen):
            is_now = restarts == seen.restarts
            ending = seen.exit if is_now else seen.previous
            when = seen.started if is_now else (ending or _LOST).started
            attempt = self._attempt(seen.uid, restarts)
            attempt.follow(self._cluster)
            self._note("start", attempt, when, uid=seen.uid, restarts=restarts)
            if not is_now:
                self._exit(attempt, ending or _LOST, None)

    def _attempt(self, uid: str, restarts: int) -> Attempt:
        number = len(self.attempts) + 1
        start = Start(self.name, uid, restarts, self._container)
        attempt = Attempt(number, start, self._logs(self.name, number))
        self.attempts.append(attempt)
        # What it failed of before, it has been given another start for.
        self.failure = None
        return attempt

    def _numbered(self, fact: Mapping[str, Any]) -> list[Attempt]:
        """Return the start that a fact is of; none for one that never came to be."""
        return [attempt for attempt in self.attempts if attempt.number == fact["attempt"]]

    def _is_before(self, attempt: Attempt, seen: PodSeen) -> bool:
        return attempt.start.uid == seen.uid and attempt.start.restarts < seen.restarts

    def _end(self, ending: Exit, by: str | None) -> None:
        """Take in that somebody has ended it, who may say why only later: in the job's status."""
        if self._ending is None:
            self._explain_until = time.monotonic() + _EXPLAIN_PATIENCE
        if self._ending is None or ending is not _LOST:
            self._ending = ending
        if by is not None:
            self._explain(by)

    def _explain(self, by: str | None) -> None:
        ending, self._ending = self._ending, None
        current = self.current
        if ending is not None and current is not None and not current.exited:
            self._exit(current, Exit(-15) if by and ending is _LOST else ending, by)

    def _exit(self, attempt: Attempt, ending: Exit, by: str | None) -> None:
        attempt.exited = True
        if ending.code != 0 and by is None:
            self.failure = ending
        self._note_exit(attempt.number, ending, by)

    def _note_exit(self, number: int, ending: Exit, by: str | None) -> None:
        reason, message = ending.verdict if ending.verdict and by is None else (None, None)
        said = {"code": ending.code, "by": by, "reason": reason, "message": message}
        place = {"pod": self.name, "attempt": number}
        self._notes.note("exit", ending.finished, **place, **said)

    def _tell_back_off(self, attempt: Attempt, seen: PodSeen) -> None:
        restarts = seen.restarts + 1
        if Notice("BackOff", str(restarts)) not in self._told:
            self._told.add(Notice("BackOff", str(restarts)))
            delay = min(_FIRST_BACK_OFF * 2**seen.restarts, _LONGEST_BACK_OFF)
            self._note("restart", attempt, delay=delay, restarts=restarts)

    def _note(
        self, fact: str, attempt: Attempt, when: float | None = None, **fields: object
    ) -> None:
        place = {"pod": self.name, "attempt": attempt.number}
        self._notes.note(fact, when, **place, **fields)


def _unseen(known: int, seen: PodSeen) -> Iterator[int]:
    """Yield which starts of a pod were not noted and can still be known of."""
    if known < seen.restarts - 1 and seen.previous is not None:
        yield seen.restarts - 1
    if known < seen.restarts:
        yield seen.restarts


def log_maker(directory: Path, cap: int) -> Callable[[str, int], ReplayedLog]:
    """Return what makes the logs of a run's pods."""
    return lambda pod, attempt: ReplayedLog(directory, pod, attempt, cap)
