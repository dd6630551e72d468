"""The experiments: takes them in, has them run, and keeps their statuses true.

It owns the statuses and is the only writer of the store. One thread hands experiments to the
submitter and turns its reports into statuses; requests come from any thread.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import NotFound
from ..spec import ExperimentLog, ExperimentSpec, PodLog, Status
from ..spec.pods import pods_of
from ..spec.validation import check, normalize
from .feed import Feed
from .store import DELETION, Event, Page, Query, Record, Store
from .submitters.base import End, PodReport, PodState, Report, Submitter

log = logging.getLogger(__name__)

_TICK = 0.05
_IDLE_TICK = 1.0
_SUBMIT_ATTEMPTS = 4
_WHY_STOPPED = {
    "policy": "stopped by policy: the deciding replicas have succeeded",
    "failure": "ended because another replica failed",
    "stop": "ended on request",
    "interrupt": "ended with its supervisor",
}
_UNFINISHED = (Status.ACCEPTED, Status.CREATED, Status.RUNNING)


@dataclass
class _Attempts:
    """How often an experiment could not be submitted, and when to try again."""

    count: int = 0
    next_at: float = 0.0

    def failed(self) -> None:
        self.count += 1
        self.next_at = time.monotonic() + 0.2 * 2**self.count


class ExperimentService:
    """Creates, changes, ends and shows experiments.

    Parameters
    ----------
    store, submitter
        Where they are kept and where they run.
    """

    def __init__(self, store: Store, submitter: Submitter) -> None:
        self.store = store
        self.submitter = submitter
        self.feed = Feed()
        self.server_id = store.setting("server", uuid.uuid4().hex)
        self._started_ms = int(time.time() * 1000)
        self._count = 0
        self._lock = threading.RLock()
        self._reports: dict[str, Report] = {}
        self._unfinished = store.ids(_UNFINISHED)
        self._leaving: set[str] = set()
        self._attempts: dict[str, _Attempts] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="experiments", daemon=True)

    def start(self) -> None:
        """Go on with whatever has not finished, and watch from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; runs go on."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    # Requests

    def create(self, spec: ExperimentSpec, idempotency_key: str | None = None) -> Record:
        """Accept an experiment; SpecError when its spec is wrong.

        The same key gives the same experiment again.
        """
        check(spec)
        spec = normalize(spec)
        with self._lock:
            if idempotency_key:
                known = self.store.by_idempotency_key(idempotency_key)
                if known is not None:
                    return known
            record = self._new_record(spec, idempotency_key)
            happened = [Event(record.id, record.accepted, "status", Status.ACCEPTED.value)]
            happened += [
                Event(record.id, record.accepted, "warning", "Ignored", sentence)
                for sentence in self.submitter.plan(record.id, spec)["ignored"]
            ]
            self.store.add(record, happened)
            self._unfinished.append(record.id)
        self._changed()
        # The API shows no createdTime in the answer to the creation, and one ever after.
        return replace(record, created=None)

    def plan(self, spec: ExperimentSpec) -> dict[str, Any]:
        """Return what creating this experiment would do, without doing it."""
        check(spec)
        spec = normalize(spec)
        plan = self.submitter.plan(self._id(self._count + 1), spec)
        return {"spec": spec.to_wire(), **plan}

    def get(self, experiment_id: str) -> Record:
        """Return an experiment; NotFound when there is none."""
        record = self.store.get(experiment_id)
        if record is None:
            raise NotFound(404, "Not found experiment.")
        return record

    def find(self, query: Query | None = None) -> Page:
        """Return the experiments that a query asks for; all of them without one."""
        return self.store.find(query or Query())

    def patch(self, experiment_id: str, spec: ExperimentSpec) -> Record:
        """Replace the stored spec; SpecError when it is wrong."""
        with self._lock:
            self.get(experiment_id)
            check(spec)
            spec = normalize(spec)
            spec.meta.experiment_id = experiment_id
            now = time.time()
            happened = [Event(experiment_id, now, "status", "Patched", "its spec was replaced")]
            if experiment_id in self._unfinished:
                text = "replicas that run go on as they were started"
                happened.append(Event(experiment_id, now, "warning", "NotApplied", text))
            self.store.change(
                experiment_id,
                happened,
                spec=json.dumps(spec.to_wire()),
                name=spec.meta.name,
                framework=spec.meta.framework,
                tags=json.dumps(spec.meta.tags),
            )
            record = self.get(experiment_id)
        self._changed()
        return record

    def stop_experiment(self, experiment_id: str) -> Record:
        """Ask a run to end; it becomes `Failed` with the reason `Stopped`, and keeps its logs."""
        record = self.get(experiment_id)
        if not record.status.is_terminal:
            self.submitter.stop(experiment_id, "Stopped", "it was stopped on request")
            self._wake.set()
        return record

    def delete(self, experiment_id: str) -> Record:
        """End every process of an experiment and forget it."""
        with self._lock:
            record = self.get(experiment_id)
            if experiment_id in self._leaving:
                raise NotFound(404, "Not found experiment.")
            self._leaving.add(experiment_id)
        try:
            self.submitter.delete(experiment_id)
            with self._lock:
                farewell = Event(experiment_id, time.time(), DELETION, Status.DELETED.value)
                self.store.remove(experiment_id, farewell)
                self._forget(experiment_id)
        finally:
            self._leaving.discard(experiment_id)
        self._changed()
        return replace(record, status=Status.DELETED)

    # Views

    def report(self, record: Record) -> Report:
        """Return what is known of an experiment's run, from the moment of its creation."""
        known = self._reports.get(record.id)
        if known is not None:
            return known
        if record.status is Status.ACCEPTED:
            pods = pods_of(record.id, record.read_spec())
            return Report(pods=[PodReport(pod.name, pod.role, pod.index) for pod in pods])
        return self.submitter.observe(record.id)

    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file that holds a pod's output; it may not exist yet."""
        return self.submitter.log_file(experiment_id, pod, attempt)

    def logs(self, record: Record, *, lines: bool = True) -> ExperimentLog:
        """Return the whole log of every pod; without `lines` only the pods' names."""
        content = [
            PodLog(pod_name=pod.name, pod_log=self._lines(record.id, pod) if lines else [])
            for pod in self.report(record).pods
        ]
        return ExperimentLog(experiment_id=record.id, log_content=content)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not self._unfinished

    def _lines(self, experiment_id: str, pod: PodReport) -> list[str]:
        try:
            text = self.log_file(experiment_id, pod.name, pod.attempt).read_bytes()
        except FileNotFoundError:
            return []
        lines = text.decode("utf-8", "replace").split("\n")
        while lines and not lines[-1]:
            lines.pop()
        return lines

    # Running

    def _new_record(self, spec: ExperimentSpec, idempotency_key: str | None) -> Record:
        self._count += 1
        now = time.time()
        spec.meta.experiment_id = self._id(self._count)
        return Record(
            id=spec.meta.experiment_id,
            uid=str(uuid.uuid4()),
            name=spec.meta.name or "",
            framework=spec.meta.framework or "",
            tags=json.dumps(spec.meta.tags),
            status=Status.ACCEPTED,
            accepted=now,
            created=now,
            spec=json.dumps(spec.to_wire()),
            idempotency_key=idempotency_key,
        )

    def _id(self, count: int) -> str:
        return f"experiment-{self._started_ms}-{count:04d}"

    def _changed(self) -> None:
        self._wake.set()
        self.feed.publish()

    def _watch(self) -> None:
        """Hand over what waits and look after what runs, until the server ends."""
        while not self._stopping:
            self._wake.clear()
            for experiment_id in list(self._unfinished):
                try:
                    self._advance(experiment_id)
                except Exception:
                    log.exception("cannot look after %s; trying again", experiment_id)
            self._wake.wait(_TICK if self._unfinished else _IDLE_TICK)

    def _advance(self, experiment_id: str) -> None:
        """Hand an experiment over if that was not done, and take in what has become of it."""
        with self._lock:
            if experiment_id in self._leaving or experiment_id not in self._unfinished:
                return
            if experiment_id not in self._reports and not self._hand_over(self.get(experiment_id)):
                return
            report = self.submitter.observe(experiment_id)
            if report == self._reports.get(experiment_id):
                return
            self._take_in(self.get(experiment_id), report)
        self.feed.publish()

    def _hand_over(self, record: Record) -> bool:
        """Submit a new experiment; return whether the submitter has it.

        One that was begun before a restart is only looked after. What cannot be submitted is
        tried some times, since the lack may pass, and fails then with what was said.
        """
        if record.status is not Status.ACCEPTED:
            return True
        attempts = self._attempts.setdefault(record.id, _Attempts())
        if time.monotonic() < attempts.next_at:
            return False
        try:
            self.submitter.submit(record.id, record.read_spec())
        except Exception as error:
            log.exception("cannot submit %s", record.id)
            attempts.failed()
            if attempts.count == _SUBMIT_ATTEMPTS:
                end = End(Status.FAILED, time.time(), "SubmitFailed", f"it cannot start: {error}")
                self._take_in(record, replace(self.report(record), end=end))
                self.feed.publish()
            return False
        del self._attempts[record.id]
        return True

    def _take_in(self, record: Record, report: Report) -> None:
        changes: dict[str, Any] = {}
        happened = _pod_events(record, report.pods)
        for status, when, fields in _statuses(record, report):
            changes |= {"status": status, **fields}
            happened.append(_status_event(record, status, when, report))
        # The facts of a run are read again from their beginning; their times tell what is known.
        known = {(event.pod, event.reason, event.time) for event in self.store.events(0, record.id)}
        new = [event for event in happened if (event.pod, event.reason, event.time) not in known]
        self.store.change(record.id, sorted(new, key=lambda event: event.time), **changes)
        self._reports[record.id] = report
        if report.end is not None:
            self._forget(record.id)
            if report.end.reason == Status.DELETED.value and record.id not in self._leaving:
                # The server that was deleting it ended before it was done.
                threading.Thread(target=self.delete, args=[record.id], daemon=True).start()

    def _forget(self, experiment_id: str) -> None:
        self._reports.pop(experiment_id, None)
        self._attempts.pop(experiment_id, None)
        if experiment_id in self._unfinished:
            self._unfinished.remove(experiment_id)


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


def _status_event(record: Record, status: Status, when: float, report: Report) -> Event:
    end = report.end
    if end is None or status is not end.status:
        return Event(record.id, when, "status", status.value)
    return Event(record.id, when, "status", end.reason or status.value, end.message or "")


def _pod_events(record: Record, pods: Sequence[PodReport]) -> list[Event]:
    happened = []
    for pod in pods:
        if pod.started is not None:
            happened.append(Event(record.id, pod.started, "pod", "Started", "", pod.name))
        if pod.finished is not None:
            reason, message = _exit_words(pod)
            happened.append(Event(record.id, pod.finished, "pod", reason, message, pod.name))
    return happened


def _exit_words(pod: PodReport) -> tuple[str, str]:
    if pod.stopped_by is not None:
        return "Stopped", _WHY_STOPPED.get(pod.stopped_by, f"ended: {pod.stopped_by}")
    if pod.message:
        return pod.reason or "Failed", pod.message
    if pod.signal:
        return "Failed", f"ended by {pod.signal}"
    state = "Succeeded" if pod.state is PodState.SUCCEEDED else "Failed"
    return state, f"exit code {pod.exit_code}"
