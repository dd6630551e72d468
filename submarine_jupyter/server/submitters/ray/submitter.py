"""Experiments as actors of a Ray cluster."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....datadir import make_private, write_private
from ....errors import ConfigurationError
from ....spec import ExperimentSpec, Status
from ..base import NOTHING_MORE, End, Inputs, Report, Submitter
from ..run.directories import ExperimentDirectories
from ..run.files import ExperimentFiles, Facts
from ..run.history import History
from ..run.rules import Rules, has_pods_of
from .head import Head
from .plan import describe, make_launch
from .process import DriverProcess

_DELETE_GRACE = 2.0
_DELETE_PATIENCE = 20.0
_POLL = 0.05


class RaySubmitter(Submitter):
    """Has one driver process look after the runs on a cluster.

    Parameters
    ----------
    root
        Directory that holds one directory an experiment.
    address
        Of the cluster's head, `HOST:PORT`; `local` starts one on this machine.
    rules
        How runs go and end.
    """

    name = "ray"

    def __init__(self, root: Path, address: str, rules: Rules | None = None) -> None:
        _require_ray()
        self._directories = ExperimentDirectories(root)
        self._rules = rules or Rules()
        self._head = Head(root) if address == "local" else None
        self._driver = DriverProcess(self._head.address if self._head else address, root)
        self._runs: dict[str, _Run] = {}
        self._lock = threading.RLock()

    def plan(
        self,
        experiment_id: str,
        spec: ExperimentSpec,
        inputs: Inputs = NOTHING_MORE,  # noqa: ARG002 - they are not used here
    ) -> dict[str, Any]:
        """Return commands and variables of each pod, and what will be ignored."""
        return describe(spec, self._directories.of(experiment_id))

    def check(self, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE) -> None:
        """Refuse nothing: the cluster may grow."""

    def keep(self, experiment_id: str, inputs: Inputs) -> None:
        """Keep nothing: neither environments nor code are used here, as the plan says."""

    def has(self, experiment_id: str) -> bool:
        """Whether there is a launch."""
        return self._directories.of(experiment_id).launch.exists()

    def recover(self, experiment_ids: Sequence[str]) -> None:
        """Go on with the runs that were begun."""
        with self._lock:
            for experiment_id in experiment_ids:
                if self._directories.of(experiment_id).launch.exists():
                    self._run(experiment_id)
            self._driver.look(self._runs)

    def obstacle(self, experiment_id: str, spec: ExperimentSpec) -> str | None:  # noqa: ARG002
        """Return that the cluster does not answer, or None: what else lacks, Ray says."""
        with self._lock:
            self._look()
        trouble = self._driver.trouble
        return f"waits: {trouble}" if trouble else None

    def submit(self, experiment_id: str, spec: ExperimentSpec, since: float = 0.0) -> None:
        """Write the experiment's files and tell the driver."""
        files = self._directories.of(experiment_id)
        for directory in (files.directory, files.output):
            make_private(directory)
        with self._lock:
            if not files.launch.exists():
                self._launch(files, spec, {}, since)
            self._run(experiment_id)
            self._driver.run(experiment_id)

    def scale(self, experiment_id: str, spec: ExperimentSpec) -> None:
        """Replace the launch when its replicas are not those of the spec."""
        with self._lock:
            files = self._directories.of(experiment_id)
            before = files.read_launch()
            if before["pods"] and not has_pods_of(before, spec, files):
                self._launch(files, spec, before, before.get("since", 0.0))
                self._runs.pop(experiment_id, None)

    def observe(self, experiment_id: str) -> Report:
        """Return what the files of a run tell."""
        with self._lock:
            report = self._run(experiment_id).observe()
            if report.end is not None:
                self._runs.pop(experiment_id, None)
            else:
                self._look()
            return report

    def stop(self, experiment_id: str, reason: str, message: str) -> None:
        """Leave a request that the driver finds within a tick."""
        self._directories.request_stop(experiment_id, reason, message, self._rules.grace)

    def delete(self, experiment_id: str) -> None:
        """End the run, and remove its files; its directory stays, empty and renamed."""
        files = self._directories.of(experiment_id)
        if files.launch.exists() and self.observe(experiment_id).end is None:
            said = ("Deleted", "it was deleted")
            self._directories.request_stop(experiment_id, *said, _DELETE_GRACE)
            deadline = time.monotonic() + _DELETE_PATIENCE
            while self.observe(experiment_id).end is None and time.monotonic() < deadline:
                time.sleep(_POLL)
        # Without its files the driver ends whatever is still there of it.
        self._directories.put_aside(experiment_id)
        with self._lock:
            self._runs.pop(experiment_id, None)

    def forget(self, experiment_id: str) -> None:
        """Remove what is left of a deleted experiment's directory."""
        self._directories.forget(experiment_id)

    def half_deleted(self) -> list[str]:
        """Return the experiments whose directory was put aside and is still there."""
        return self._directories.half_deleted()

    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file that the driver writes a replica's output to."""
        return self._directories.of(experiment_id).log(pod, attempt)

    def output_directory(self, experiment_id: str) -> Path:
        """Return where the driver puts the files the run wrote, at its end."""
        return self._directories.of(experiment_id).output

    def close(self) -> None:
        """End the driver, and the cluster if it is our own; runs on another cluster go on."""
        self._driver.stop()
        if self._head is not None:
            self._head.stop()

    def _look(self) -> None:
        if self._driver.look(self._runs):
            for run in self._runs.values():
                run.lose_cluster()

    def _run(self, experiment_id: str) -> _Run:
        known = self._runs.get(experiment_id)
        if known is None:
            known = self._runs[experiment_id] = _Run(self._directories.of(experiment_id))
        return known

    def _launch(
        self, files: ExperimentFiles, spec: ExperimentSpec, before: dict[str, Any], since: float
    ) -> None:
        launch = make_launch(spec, files, self._rules, before or None)
        write_private(files.spec, json.dumps(spec.to_wire()))
        write_private(files.launch, json.dumps({"since": since, **launch}))


class _Run:
    """What the facts of one run tell."""

    def __init__(self, files: ExperimentFiles) -> None:
        self._launch = files.read_launch()
        self._facts = Facts(files.facts)
        self._history = History()
        self._report: Report | None = None
        self._files = files

    def observe(self) -> Report:
        news = self._facts.news()
        if self._report is not None and not news:
            return self._report
        if not self._files.launch.exists():
            end = End(Status.FAILED, time.time(), "Unknown", "its files are gone")
            return Report(end=end)
        for fact in news:
            self._history.take(fact)
        self._report = self._history.report(self._launch)
        return self._report

    def lose_cluster(self) -> None:
        """End it if it was on the cluster: nobody else will. No driver writes by now."""
        report = self.observe()
        if report.created is None or report.end is not None:
            return
        when = self._history.not_before(time.time())
        end = {"fact": "end", "time": when, "outcome": Status.FAILED.value}
        said = "the Ray cluster has gone; what had been read of its logs is kept"
        self._facts.append({**end, "reason": "ClusterLost", "message": said})


def _require_ray() -> None:
    try:
        import ray  # noqa: F401 - whether it is there
    except ImportError:
        raise ConfigurationError(
            "the Ray submitter needs Ray: pip install 'submarine-jupyter[ray]'"
        ) from None
