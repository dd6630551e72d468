"""Keeps the stored experiments and what runs in step: the writer of their statuses."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..spec import ExperimentSpec, Status
from . import diagnosis
from .store import Event, Record, Store
from .submitters.base import End, Happening, Report, Submitter

log = logging.getLogger(__name__)

_TICK = 0.05
_IDLE_TICK = 1.0
_SUBMIT_ATTEMPTS = 4
_UNFINISHED = (Status.ACCEPTED, Status.CREATED, Status.RUNNING)
_BEHIND = "waits for its turn: others came before it"

Key = tuple[str, str | None, str, float]


@dataclass
class _Progress:
    """How far an experiment is that has not ended.

    Attributes
    ----------
    report
        What was taken in last; None until the submitter has it.
    in_step
        Whether it has the replicas that its spec asks for.
    told
        What its timeline tells already; None until that was read.
    waits
        What it was last said to wait for.
    failures, next_at
        How often it could not be looked after, and when to try again (`time.monotonic`).
    leaving
        Whether it is being deleted.
    stopped
        The end of one that is stopped before it was handed over.
    read
        Its record and its spec while it waits for room, so that each look costs little.
    """

    report: Report | None = None
    in_step: bool = False
    told: set[Key] | None = None
    waits: str | None = None
    failures: int = 0
    next_at: float = field(default=0.0)
    leaving: bool = False
    stopped: End | None = None
    read: tuple[Record, ExperimentSpec] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether there is nothing to do for it before those that came first."""
        return self.waits == _BEHIND and self.stopped is None

    def failed(self) -> None:
        self.failures += 1
        self.next_at = time.monotonic() + min(0.2 * 2**self.failures, 10)


class Reconciler:
    """Hands over what waits and looks after what runs, in a thread of its own.

    Parameters
    ----------
    store, submitter
        What it keeps in step.
    changed
        Called after each change of the store.
    delete
        Finishes a deletion that another server had begun.
    """

    def __init__(
        self,
        store: Store,
        submitter: Submitter,
        changed: Callable[[], None],
        delete: Callable[[str], object],
    ) -> None:
        self._store = store
        self._submitter = submitter
        self._changed = changed
        self._delete = delete
        # In the order in which they came.
        self._unfinished = {id_: _Progress() for id_ in store.ids(_UNFINISHED)}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="experiments", daemon=True)

    def start(self) -> None:
        """Go on with whatever has not finished, and watch from now on."""
        self._submitter.recover(list(self._unfinished))
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; runs go on."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not self._unfinished

    def add(self, experiment_id: str) -> None:
        """Look after a new experiment."""
        self._unfinished[experiment_id] = _Progress()
        self._wake.set()

    def wake(self, experiment_id: str) -> None:
        """Look at an experiment at once: its spec or what is asked of its run has changed."""
        with self._lock:
            progress = self._unfinished.get(experiment_id)
            if progress is not None:
                progress.in_step = False
                progress.read = None
        self._wake.set()

    def stop_unstarted(self, experiment_id: str, reason: str, message: str) -> None:
        """End an experiment here and now if no engine has it yet."""
        with self._lock:
            progress = self._unfinished.get(experiment_id)
            if progress is not None and progress.report is None:
                now = time_for(self._store, experiment_id)
                progress.stopped = End(Status.FAILED, now, reason, message)
        self._wake.set()

    def leave(self, experiment_id: str) -> None:
        """Leave an experiment alone from now on: it is being deleted."""
        with self._lock:
            if experiment_id in self._unfinished:
                self._unfinished[experiment_id].leaving = True

    def resume(self, experiment_id: str) -> None:
        """Look after an experiment again: it could not be deleted."""
        with self._lock:
            if experiment_id in self._unfinished:
                self._unfinished[experiment_id].leaving = False

    def forget(self, experiment_id: str) -> None:
        """Forget an experiment that is over or deleted."""
        with self._lock:
            self._unfinished.pop(experiment_id, None)

    def report(self, experiment_id: str) -> Report | None:
        """Return what was taken in last of an unfinished experiment's run, or None."""
        progress = self._unfinished.get(experiment_id)
        return progress.report if progress else None

    def _watch(self) -> None:
        while not self._stopping:
            self._wake.clear()
            self._pass()
            self._wake.wait(_TICK if self._unfinished else _IDLE_TICK)

    def _pass(self) -> None:
        """Look at every unfinished experiment once; nobody overtakes one that waits for room."""
        is_blocked = False
        for experiment_id, progress in list(self._unfinished.items()):
            if time.monotonic() < progress.next_at or (is_blocked and progress.is_behind):
                continue
            try:
                with self._lock:
                    if not progress.leaving and experiment_id in self._unfinished:
                        self._advance(experiment_id, progress, is_blocked=is_blocked)
            except Exception:
                log.exception("cannot look after %s; trying again", experiment_id)
                progress.failed()
            is_blocked |= progress.report is None and progress.waits is not None

    def _advance(self, experiment_id: str, progress: _Progress, *, is_blocked: bool) -> None:
        if progress.report is None and not progress.in_step:
            record, spec = self._read(experiment_id, progress)
            # One that was begun before a restart is only looked after.
            if record.status is Status.ACCEPTED:
                if not self._hand_over(record, spec, progress, is_blocked=is_blocked):
                    return
                progress.in_step = True
        if not progress.in_step:
            self._rescale(*self._read(experiment_id, progress), progress)
        if progress.in_step:
            progress.read = None
        report = self._submitter.observe(experiment_id)
        if report.end is not None and report.end.reason == Status.DELETED.value:
            self._finish_deletion(experiment_id, progress)
            return
        if report is not progress.report and report != progress.report:
            self._take_in(self._record(experiment_id), progress, report)
        progress.failures = 0

    def _finish_deletion(self, experiment_id: str, progress: _Progress) -> None:
        """Delete what a server was deleting when it ended, again should that fail."""
        progress.failed()
        threading.Thread(target=self._delete, args=[experiment_id], daemon=True).start()

    def _hand_over(
        self, record: Record, spec: ExperimentSpec, progress: _Progress, *, is_blocked: bool
    ) -> bool:
        """Submit a new experiment if there is room for it; return whether the submitter has it.

        What cannot be submitted is tried some times, since the lack may pass, and fails then with
        what was said.
        """
        if progress.stopped is not None:
            self._take_in(record, progress, Report(end=progress.stopped))
            return False
        # One that was begun before a restart takes what it needs already.
        if is_blocked and not self._submitter.has(record.id):
            self._tell_wait(record, progress, "status", _BEHIND)
            progress.read = None
            return False
        obstacle = self._submitter.obstacle(record.id, spec)
        if obstacle is not None:
            self._wait_or_give_up(record, spec, progress, obstacle)
            return False
        progress.waits = None
        try:
            self._submitter.submit(record.id, spec, time_for(self._store, record.id))
        except Exception as error:
            progress.failed()
            if progress.failures < _SUBMIT_ATTEMPTS:
                log.exception("cannot submit %s; trying again", record.id)
                return False
            log.exception("cannot submit %s", record.id)
            self._give_up(record, progress, "SubmitFailed", f"it cannot start: {error}")
            return False
        return True

    def _wait_or_give_up(
        self, record: Record, spec: ExperimentSpec, progress: _Progress, obstacle: str
    ) -> None:
        """Have a new one wait, unless the server has less in all than when it was accepted."""
        too_large = self._submitter.too_large(spec)
        if too_large is None or self._submitter.has(record.id):
            self._tell_wait(record, progress, "status", obstacle)
        else:
            self._give_up(record, progress, "TooLarge", too_large)

    def _give_up(self, record: Record, progress: _Progress, reason: str, said: str) -> None:
        """End an experiment that was never begun."""
        end = End(Status.FAILED, time_for(self._store, record.id), reason, said)
        self._take_in(record, progress, Report(end=end))

    def _rescale(self, record: Record, spec: ExperimentSpec, progress: _Progress) -> None:
        """Give a run the replicas of its spec, once there is room for them."""
        obstacle = self._submitter.obstacle(record.id, spec)
        if obstacle is not None:
            said = f"its changed number of replicas {obstacle}"
            self._tell_wait(record, progress, "warning", said)
            return
        self._submitter.scale(record.id, spec)
        progress.waits = None
        progress.in_step = True

    def _tell_wait(self, record: Record, progress: _Progress, kind: str, said: str) -> None:
        if progress.waits == said:
            return
        progress.waits = said
        last = self._store.events(0, record.id)[-1:]
        # After a restart of the server it may have been told before.
        if not last or last[0].message != said:
            now = time_for(self._store, record.id)
            self._store.change(record.id, [Event(record.id, now, kind, "Waiting", said)])
            self._changed()

    def _take_in(self, record: Record, progress: _Progress, report: Report) -> None:
        if report.end is not None:
            self._submitter.drop_credentials(record.id)
        changes: dict[str, Any] = {}
        happened = [_event(record, entry) for entry in report.happened]
        for status, when, fields in _statuses(record, self._explained(record, report)):
            changes |= {"status": status, **fields}
            if status.is_terminal:
                happened += self._evidence(record, report)
            happened.append(_status_event(record, status, when, fields))
        if progress.told is None:
            # The facts of a run are read again from their beginning after a restart.
            progress.told = {_key(event) for event in self._store.events(0, record.id)}
        new = [event for event in happened if _key(event) not in progress.told]
        new.sort(key=lambda event: event.time)
        if new or changes:
            self._store.change(record.id, new, **changes)
        progress.told |= {_key(event) for event in new}
        progress.report = report
        if report.end is not None:
            self.forget(record.id)
        self._changed()

    def _read(self, experiment_id: str, progress: _Progress) -> tuple[Record, ExperimentSpec]:
        """Return the record and the spec of one that waits: neither changes without `wake`."""
        if progress.read is None:
            record = self._record(experiment_id)
            progress.read = (record, record.read_spec())
        return progress.read

    def _record(self, experiment_id: str) -> Record:
        record = self._store.get(experiment_id)
        if record is None:
            raise LookupError(f"{experiment_id} is not stored")
        return record

    def _log_of(self, record: Record, report: Report) -> tuple[Path, int | None] | None:
        """Return the log, and its length, of the pod that made a run fail."""
        end = report.end
        pod = next((pod for pod in report.pods if end and pod.name == end.pod), None)
        if pod is None:
            return None
        return self._submitter.log_file(record.id, pod.name, pod.attempt), pod.log_size

    def _explained(self, record: Record, report: Report) -> Report:
        """Return the report with a sentence that says what the log tells of the failure."""
        end = report.end
        place = self._log_of(record, report)
        if end is None or place is None or end.reason != "Error":
            return report
        found = diagnosis.cause(diagnosis.last_words(*place))
        if found is None and diagnosis.is_full(place[0].parent):
            found = "the disk is full"
        if found is None:
            return report
        return replace(report, end=replace(end, message=f"{end.message}: {found}"))

    def _evidence(self, record: Record, report: Report) -> list[Event]:
        """Return the last lines of the pod that made a run fail, as an entry of the timeline."""
        end = report.end
        place = self._log_of(record, report)
        if end is None:
            return []
        text = diagnosis.evidence(diagnosis.last_words(*place)) if place else end.evidence
        if not text:
            return []
        return [Event(record.id, end.time, "evidence", end.reason or "Error", text, end.pod)]


def time_for(store: Store, experiment_id: str) -> float:
    """Return the time of what happens to an experiment now.

    It is never before what has happened to it already: somebody may have set the clock back.
    """
    return max(time.time(), *(event.time for event in store.events(0, experiment_id)), 0.0)


def _statuses(record: Record, report: Report) -> Sequence[tuple[Status, float, dict[str, Any]]]:
    """Return the statuses an experiment has come through, each with its time and columns."""
    reached: list[tuple[Status, float, dict[str, Any]]] = []
    if report.created is not None:
        reached.append((Status.CREATED, report.created, {"created": report.created}))
    starts = [pod.started for pod in report.pods if pod.started is not None]
    if starts and len(starts) == len(report.pods):
        reached.append((Status.RUNNING, max(starts), {"running": max(starts)}))
    if report.end is not None:
        end = report.end
        fields = {"finished": end.time, "reason": end.reason, "message": end.message}
        reached.append((end.status, end.time, fields))
    new = []
    status = record.status
    for step in reached:
        if step[0] is not status and status.may_become(step[0]):
            new.append(step)
            status = step[0]
    return new


def _status_event(record: Record, status: Status, when: float, fields: dict[str, Any]) -> Event:
    reason = fields.get("reason") or status.value
    return Event(record.id, when, "status", reason, fields.get("message") or "")


def _event(record: Record, entry: Happening) -> Event:
    return Event(record.id, entry.time, entry.kind, entry.reason, entry.message, entry.pod)


def _key(event: Event) -> Key:
    return (event.kind, event.pod, event.reason, event.time)
