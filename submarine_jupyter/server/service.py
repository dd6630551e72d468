"""The experiments: takes them in, has them run, and keeps their statuses true.

It answers requests, which come from any thread; the reconciler's thread does what takes time.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import NotFound, SpecError
from ..spec import ExperimentSpec, Status
from ..spec.code import without_credentials
from ..spec.pods import pods_of
from ..spec.templates import mapping_failure
from ..spec.validation import check, normalize
from .feed import Feed
from .inputs import inputs_of
from .logs.whole import WholeLog, experiment_log
from .metric_rules import check_rules
from .reconciler import Reconciler, time_for
from .store import DELETION, Event, Page, Query, Record, Store
from .submitters.base import Inputs, PodReport, PodState, Report, Submitter
from .tracking import Tracking


class ExperimentService:
    """Creates, changes, ends and shows experiments.

    Parameters
    ----------
    store, submitter
        Where they are kept and where they run.
    tracking
        The tracking servers that are there.
    """

    def __init__(
        self, store: Store, submitter: Submitter, tracking: Tracking | None = None
    ) -> None:
        self.store = store
        self.submitter = submitter
        self.tracking = tracking or Tracking()
        self.feed = Feed()
        self.server_id = store.setting("server", uuid.uuid4().hex)
        self._started_ms = int(time.time() * 1000)
        self._count = 0
        self._lock = threading.RLock()
        self._leaving: set[str] = set()
        self._reconciler = Reconciler(store, submitter, self.feed.publish, self.delete)

    def start(self) -> None:
        """Go on with whatever has not finished, and watch from now on."""
        for experiment_id in self.submitter.half_deleted():
            self._remove(experiment_id)
        self._reconciler.start()

    def stop(self) -> None:
        """Stop watching; runs go on."""
        self._reconciler.stop()

    # Requests

    def create(
        self, spec: ExperimentSpec, idempotency_key: str | None = None, by: str | None = None
    ) -> Record:
        """Accept an experiment; SpecError when its spec is wrong.

        Parameters
        ----------
        idempotency_key
            The same gives the same experiment again.
        by
            Name of who submits it, for its timeline; None where nobody has a name.
        """
        spec, inputs = self._checked(spec)
        with self._lock:
            if idempotency_key:
                known = self.store.by_idempotency_key(idempotency_key)
                if known is not None:
                    return known
            record = self._new_record(spec, idempotency_key)
            said = f"submitted by {by}" if by else ""
            happened = [Event(record.id, record.accepted, "status", Status.ACCEPTED.value, said)]
            happened += [
                Event(record.id, record.accepted, "warning", _reason(sentence), sentence)
                for sentence in self.submitter.plan(record.id, spec, inputs)["ignored"]
            ]
            self._store_new(record, happened, inputs)
            self._reconciler.add(record.id)
        self.feed.publish()
        # The API shows no createdTime in the answer to the creation, and one ever after.
        return replace(record, created=None)

    def create_from_template(
        self,
        template: str,
        params: Mapping[str, str],
        idempotency_key: str | None = None,
        by: str | None = None,
    ) -> Record:
        """Accept the experiment that a template gives with these values; see `create`."""
        spec = self.store.templates.fill(template, params)
        try:
            return self.create(spec, idempotency_key, by)
        except SpecError as error:
            raise mapping_failure(error) from None

    def plan(self, spec: ExperimentSpec) -> dict[str, Any]:
        """Return what creating this experiment would do, without doing it."""
        spec, inputs = self._checked(spec)
        plan = self.submitter.plan(self._id(self._count + 1), spec, inputs)
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

    def patch(self, experiment_id: str, spec: ExperimentSpec, by: str | None = None) -> Record:
        """Replace the stored spec whole; SpecError when it is wrong.

        A run gets the replicas it asks for; one that is over keeps all but its spec.
        """
        with self._lock:
            # A deletion that has begun would leave behind what is kept here.
            record = self._staying(experiment_id)
            before = record.read_spec()
            spec, inputs = self._checked(spec, before)
            spec.meta.experiment_id = experiment_id
            now = time_for(self.store, experiment_id)
            said = f"its spec was replaced{_by(by)}"
            happened = [Event(experiment_id, now, "status", "Patched", said)]
            if self.submitter.has(experiment_id):
                happened += [
                    Event(experiment_id, now, "warning", "Ignored", sentence)
                    for sentence in _kept_by_a_run(before, spec)
                ]
            elif not record.status.is_terminal:
                self.submitter.keep(experiment_id, inputs)
            self.store.change(
                experiment_id,
                happened,
                spec=json.dumps(spec.to_wire()),
                name=spec.meta.name,
                framework=spec.meta.framework,
                tags=json.dumps(spec.meta.tags),
            )
            record = self.get(experiment_id)
        self._reconciler.wake(experiment_id)
        self.feed.publish()
        return record

    def stop_experiment(self, experiment_id: str, by: str | None = None) -> Record:
        """Ask a run to end; it becomes `Failed` with the reason `Stopped`, and keeps its logs."""
        with self._lock:
            # A deletion that begins now waits: it would leave the request behind.
            record = self._staying(experiment_id)
            if record.status.is_terminal:
                return record
            said = ("Stopped", f"it was stopped on request{_by(by)}")
            self.submitter.stop(experiment_id, *said)
        self._reconciler.stop_unstarted(experiment_id, *said)
        return record

    def delete(self, experiment_id: str, by: str | None = None) -> Record:
        """End every process of an experiment and forget it."""
        with self._lock:
            record = self._staying(experiment_id)
            self._leaving.add(experiment_id)
        self._reconciler.leave(experiment_id)
        try:
            self.submitter.delete(experiment_id)
            self._remove(experiment_id, f"it was deleted{_by(by)}")
        finally:
            self._leaving.discard(experiment_id)
            self._reconciler.resume(experiment_id)
        return replace(record, status=Status.DELETED)

    # Views

    def report(self, record: Record) -> Report:
        """Return what is known of an experiment's run, from the moment of its creation."""
        known = self._reconciler.report(record.id)
        if known is None and record.status is not Status.ACCEPTED:
            known = self.submitter.observe(record.id)
        if known is not None and known.pods:
            return known
        # It was never handed over: these are the pods that it would have.
        state = PodState.STOPPED if record.status.is_terminal else PodState.PENDING
        pods = pods_of(record.id, record.read_spec())
        return Report(pods=[PodReport(pod.name, pod.role, pod.index, state=state) for pod in pods])

    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file that holds a pod's output; it may not exist yet."""
        return self.submitter.log_file(experiment_id, pod, attempt)

    def logs(self, record: Record, *, lines: bool = True) -> Iterator[str]:
        """Yield the ExperimentLog, as JSON; without `lines` only the pods' names."""
        logs = [self._whole_log(record.id, pod, lines=lines) for pod in self.report(record).pods]
        return experiment_log(record.id, logs)

    def stays(self, experiment_id: str) -> bool:
        """Whether an experiment is there and nobody is deleting it."""
        return experiment_id not in self._leaving and self.store.get(experiment_id) is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return self._reconciler.is_idle

    def _staying(self, experiment_id: str) -> Record:
        """Return an experiment that nobody is deleting; NotFound for any other."""
        record = self.get(experiment_id)
        if experiment_id in self._leaving:
            raise NotFound(404, "Not found experiment.")
        return record

    def _whole_log(self, experiment_id: str, pod: PodReport, *, lines: bool) -> WholeLog:
        path = self.log_file(experiment_id, pod.name, pod.attempt)
        end = path.stat().st_size if lines and path.exists() else 0
        return WholeLog(pod.name, path, min(pod.log_first, end), end)

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

    def _checked(
        self, spec: ExperimentSpec, before: ExperimentSpec | None = None
    ) -> tuple[ExperimentSpec, Inputs]:
        """Return a spec as it may be stored, and what else its run needs."""
        check(spec)
        check_rules(spec)
        spec = normalize(spec)
        inputs = inputs_of(spec, self.store.environments, before)
        self.submitter.check(spec, inputs)
        return without_credentials(spec), inputs

    def _store_new(self, record: Record, happened: Sequence[Event], inputs: Inputs) -> None:
        self.submitter.keep(record.id, inputs)
        try:
            self.store.add(record, happened)
        except BaseException:
            # Nobody would ever look for what was kept.
            self.submitter.delete(record.id)
            self.submitter.forget(record.id)
            raise

    def _remove(self, experiment_id: str, said: str = "it was deleted") -> None:
        with self._lock:
            farewell = Event(experiment_id, time.time(), DELETION, Status.DELETED.value, said)
            self.store.remove(experiment_id, farewell)
            self._reconciler.forget(experiment_id)
        self.submitter.forget(experiment_id)
        self.feed.publish()


def _by(name: str | None) -> str:
    """Return the end of a sentence about what somebody did."""
    return f" by {name}" if name else ""


def _reason(ignored: str) -> str:
    """Return the reason of the event that says what of a spec is passed over."""
    return "CodeSyncIgnored" if ignored.startswith("code:") else "Ignored"


def _kept_by_a_run(before: ExperimentSpec, spec: ExperimentSpec) -> Iterator[str]:
    """Yield what of a changed spec comes too late for a run that was begun."""
    if before.environment.name != spec.environment.name:
        yield "environment.name: the run goes on in the environment that it began with"
    if before.code != spec.code:
        yield "code: the run goes on with the code that it began with"
