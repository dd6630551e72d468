"""The thread that holds the connection to a cluster, and looks after the runs on it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from ..base import Finding
from ..run.directories import ExperimentDirectories
from .cluster import Cluster, Object
from .connection import Connection, read_connection
from .examining import examine
from .kinds import KINDS, JobKind
from .manifests import ID_LABEL, OWNER_LABEL
from .refusals import ClusterError, forbidden
from .resources import EVENTS, PODS, jobs_of
from .run import KubernetesRun
from .settings import KubernetesSettings
from .watching import Watcher

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_RETRY = 5.0
_REMOVE_PATIENCE = 5.0
_ASK_PATIENCE = 5.0
_CLOSE_PATIENCE = 10.0
# The pods' own state tells these, and longer.
_TOLD_BY_PODS = ("Failed", "BackOff", "FailedScheduling")


class Engine:
    """Looks after runs from a thread of its own.

    Parameters
    ----------
    settings
        Where the cluster is.
    directories
        Of the experiments.
    owner
        The mark by which the jobs of these experiments are known.

    Attributes
    ----------
    connection
        Where the cluster is found to be.

    Raises
    ------
    ConfigurationError
        The kubeconfig cannot be used.
    """

    def __init__(
        self, settings: KubernetesSettings, directories: ExperimentDirectories, owner: str
    ) -> None:
        self._directories = directories
        self._runs: dict[str, KubernetesRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="kubernetes", daemon=True)
        self._thread.start()
        try:
            self.connection: Connection = self.call(read_connection(settings))
            self._cluster: Cluster = self.call(_connect(settings, self.connection))
        except BaseException:
            self._end_loop()
            raise
        place = (self._cluster.place, self._cluster.namespace, self.connection.source)
        log.info("jobs go to %s, namespace %s, by %s", *place)
        selector = f"{OWNER_LABEL}={owner}"
        self._jobs = {
            kind.kind: Watcher(
                self._cluster, jobs_of(kind), selector, partial(self._job_changed, kind)
            )
            for kind in KINDS.values()
        }
        self._pods = Watcher(self._cluster, PODS, selector, self._pod_changed)
        # The cluster gives its events no labels of ours.
        self._events = Watcher(self._cluster, EVENTS, "", self._event_happened)
        for watcher in (*self._jobs.values(), self._pods, self._events):
            self._loop.call_soon_threadsafe(self._begin, watcher.run())

    def call(self, work: Coroutine[Any, Any, Result], patience: float = 60.0) -> Result:
        """Have something done in the thread, and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience)

    def add(self, experiment_id: str) -> None:
        """Look after a run; one that is looked after already is not begun again."""
        self._loop.call_soon_threadsafe(self._add, experiment_id)

    def remove(self, experiment_id: str, kind: JobKind) -> None:
        """Remove the job of a run that is over; one that stays now is found again later."""
        with suppress(TimeoutError, concurrent.futures.TimeoutError):
            self.call(self._remove(experiment_id, kind), _REMOVE_PATIENCE)

    def examine(self) -> list[Finding]:
        """Return whether the cluster has and allows what is needed."""
        return self.call(examine(self._cluster, self.connection.source))

    def trouble(self, kind: JobKind) -> str | None:
        """Return what keeps jobs of a kind from being looked after, or None."""
        return self._jobs[kind.kind].trouble or self._pods.trouble

    def refusal(self, kind: JobKind) -> str | None:
        """Return why the cluster takes no jobs of a kind, or None; only what time does not mend."""
        for watcher in (self._jobs[kind.kind], self._pods):
            if watcher.trouble is not None and watcher.is_refused:
                return watcher.trouble
        return self.call(self._ask_whether_allowed(kind))

    def stop(self) -> None:
        """Let go of the cluster; runs go on."""
        with suppress(TimeoutError, concurrent.futures.TimeoutError):
            self.call(self._close(), _CLOSE_PATIENCE)
        self._end_loop()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._cluster.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _add(self, experiment_id: str) -> None:
        if experiment_id not in self._runs:
            self._begin(self._look_after(experiment_id))

    async def _look_after(self, experiment_id: str) -> None:
        """Go with a run to its end, whatever goes wrong on our side."""
        while experiment_id not in self._runs:
            try:
                files = self._directories.of(experiment_id)
                run = KubernetesRun(files, self._cluster)
                self._runs[experiment_id] = run
                for pod in list(self._pods.objects.values()):
                    self._pod_changed(pod, is_there=True)
                await run.run()
            except FileNotFoundError:
                return
            except Exception:
                log.exception("%s cannot be looked after; trying again", experiment_id)
                await asyncio.sleep(_RETRY)
            else:
                return
            finally:
                self._runs.pop(experiment_id, None)

    def _job_changed(self, kind: JobKind, job: Object, is_there: bool) -> None:
        run = self._runs.get(_id_of(job))
        if run is not None:
            run.job_changed(job, is_there=is_there)
        elif is_there and not self._is_known(_id_of(job)):
            # Its experiment was deleted while the cluster could not be told.
            self._begin(self._remove(_id_of(job), kind))

    def _pod_changed(self, pod: Object, is_there: bool) -> None:
        run = self._runs.get(_id_of(pod))
        if run is not None:
            run.pod_changed(pod, is_there=is_there)

    def _event_happened(self, event: Object, is_there: bool) -> None:
        if not is_there or event.get("type") != "Warning" or event.get("reason") in _TOLD_BY_PODS:
            return
        name = str(event.get("involvedObject", {}).get("name"))
        for experiment_id, run in self._runs.items():
            if name == experiment_id or name.startswith(f"{experiment_id}-"):
                run.event_happened(event)

    def _is_known(self, experiment_id: str) -> bool:
        try:
            return self._directories.of(experiment_id).launch.exists()
        except ValueError:  # a label that somebody else has set
            return True

    async def _ask_whether_allowed(self, kind: JobKind) -> str | None:
        resource = jobs_of(kind)
        try:
            if await asyncio.wait_for(self._cluster.may("create", resource), _ASK_PATIENCE):
                return None
        except (ClusterError, asyncio.TimeoutError):  # then it waits, and says why
            return None
        return forbidden("create", resource, self._cluster.namespace)

    async def _remove(self, experiment_id: str, kind: JobKind) -> None:
        try:
            await self._cluster.delete(jobs_of(kind), experiment_id)
        except ClusterError as error:
            # It is found again when the jobs are listed the next time.
            log.warning("the job of %s stays for now: %s", experiment_id, error)


async def _connect(settings: KubernetesSettings, connection: Connection) -> Cluster:
    """Return the cluster; its client belongs to the loop that it was made in."""
    return Cluster(settings, connection)


def _id_of(entry: Object) -> str:
    return str(entry["metadata"].get("labels", {}).get(ID_LABEL, ""))
