"""Experiments as actors of a Ray cluster."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....datadir import make_private, write_private
from ....errors import ConfigurationError, SpecError
from ....spec import ExperimentSpec
from ..base import NOTHING_MORE, Inputs, Report
from ..local.preparation import PreparingRules
from ..run.files import ExperimentFiles
from ..run.inputs import keep_inputs, kept_environment
from ..run.recorded import RecordedRun
from ..run.rules import Rules, has_pods_of
from ..run.submitter import RunSubmitter
from .head import Head
from .plan import describe, make_launch
from .preparation import RayPreparation
from .process import DriverProcess

_DELETE_PATIENCE = 20.0


class RaySubmitter(RunSubmitter):
    """Has one driver process look after the runs on a cluster.

    Parameters
    ----------
    root
        Directory that holds one directory an experiment.
    address
        Of the cluster's head, `HOST:PORT`; `local` starts one on this machine.
    rules
        How runs go and end.
    preparing
        How their code and their environments are prepared.
    """

    name = "ray"

    def __init__(
        self,
        root: Path,
        address: str,
        rules: Rules | None = None,
        preparing: PreparingRules | None = None,
    ) -> None:
        _require_ray()
        super().__init__(root, rules)
        self._preparation = RayPreparation(preparing or PreparingRules())
        self._head = Head(root) if address == "local" else None
        own = self._head.address if self._head else None
        self._driver = DriverProcess(own or address, root)
        self._runs: dict[str, _Run] = {}
        self._lock = threading.RLock()

    def plan(
        self, experiment_id: str, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE
    ) -> dict[str, Any]:
        """Return what will be prepared, each pod's command and variables, and what is ignored."""
        plan = describe(spec, self._directories.of(experiment_id))
        plan["ignored"] += self._preparation.ignored(spec, inputs)
        return {**plan, "prepares": self._preparation.sentences(spec, inputs)}

    def check(self, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE) -> None:
        """Refuse what cannot be prepared; nothing is too large, since the cluster may grow."""
        problems = list(self._preparation.problems(spec, inputs))
        if problems:
            raise SpecError(problems)

    def keep(self, experiment_id: str, inputs: Inputs) -> None:
        """Keep environment and credentials in files of the experiment."""
        keep_inputs(self._directories.of(experiment_id), inputs)

    def recover(self, experiment_ids: Sequence[str]) -> None:
        """Go on with the runs that were begun."""
        with self._lock:
            for experiment_id in experiment_ids:
                if self._directories.of(experiment_id).launch.exists():
                    self._run(experiment_id)
            if self._head is not None and self._head.is_new:
                self._lose_cluster()
            self._look()

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

    def delete(self, experiment_id: str) -> None:
        """End the run, and remove its files; its directory stays, empty and renamed."""
        files = self._directories.of(experiment_id)
        if files.launch.exists() and self.observe(experiment_id).end is None:
            self._has_ended_for_deletion(experiment_id, _DELETE_PATIENCE)
        # Without its files the driver ends whatever is still there of it.
        self._directories.put_aside(experiment_id)
        with self._lock:
            self._runs.pop(experiment_id, None)

    def close(self) -> None:
        """End the driver, and the cluster if it is our own; runs on another cluster go on."""
        self._driver.stop()
        if self._head is not None:
            self._head.stop()

    def _look(self) -> None:
        """See to it that there is a driver, and a cluster if it is our own."""
        if self._head is not None:
            if self._head.is_lost:
                self._driver.disconnect()
                self._lose_cluster()
                self._head.start_again()
            if self._head.address is not None:
                self._driver.connect(self._head.address)
        if self._driver.look(self._runs):
            self._lose_cluster()

    def _lose_cluster(self) -> None:
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
        if before:
            # A run goes on with the environment and the code that it began with.
            first = {name: before.get(name) for name in ("environment", "code")}
        else:
            first = self._preparation.first(files, spec, Inputs(kept_environment(files)))
        launch = make_launch(spec, files, self._rules, first, before or None)
        write_private(files.spec, json.dumps(spec.to_wire()))
        write_private(files.launch, json.dumps({"since": since, **launch}))


class _Run(RecordedRun):
    """A run that was on the cluster or waits for it."""

    def lose_cluster(self) -> None:
        """End it if it was on the cluster: nobody else will. No driver writes by now."""
        report = self.observe()
        if report.created is not None and report.end is None:
            said = "the Ray cluster has gone; what had been read of its logs is kept"
            self.end("ClusterLost", said)


def _require_ray() -> None:
    try:
        import ray  # noqa: F401 - whether it is there
    except ImportError:
        raise ConfigurationError(
            "the Ray submitter needs Ray: pip install 'submarine-jupyter[ray]'"
        ) from None
