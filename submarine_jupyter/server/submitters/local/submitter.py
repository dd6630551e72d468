"""Experiments as processes of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ....datadir import make_private, write_private
from ....errors import SpecError
from ....spec import ExperimentSpec
from ..base import NOTHING_MORE, Inputs, Report, VirtualEnvironment
from ..run.files import ExperimentFiles
from ..run.inputs import keep_inputs, kept_environment
from ..run.rules import Rules, has_pods_of
from ..run.submitter import RunSubmitter
from .capacity import Capacity, Claim, free_gpus
from .environments import EnvironmentCache
from .plan import Machine, describe, make_launch
from .preparation import LocalPreparation, PreparingRules, Provided
from .remains import end_by_force
from .runs import LocalRun

_SUPERVISOR = Path(__file__).with_name("supervisor") / "__main__.py"
_DELETE_PATIENCE = 6.0


class LocalSubmitter(RunSubmitter):
    """Runs each experiment under a supervisor process of its own, which outlives the server.

    Parameters
    ----------
    root
        Directory that holds one directory an experiment.
    rules
        How runs go and end.
    capacity
        What they may take of this machine; all of it by default.
    preparing
        How code and environments are prepared. Environments are kept beside `root`.
    variables
        What every run is told.
    """

    name = "local"

    def __init__(
        self,
        root: Path,
        rules: Rules | None = None,
        capacity: Capacity | None = None,
        *,
        preparing: PreparingRules | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(root, rules)
        self._capacity = capacity or Capacity()
        self._environments = EnvironmentCache(root.parent / "environments")
        self._preparation = LocalPreparation(
            self._environments, preparing or PreparingRules(), variables or {}
        )
        # Those that have not ended; they are what the machine is taken by.
        self._runs: dict[str, LocalRun] = {}
        self._ending: list[LocalRun] = []
        self._lock = threading.RLock()

    def plan(
        self, experiment_id: str, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE
    ) -> dict[str, Any]:
        """Return what will be prepared, each pod's command, directory and variables.

        Also what will be ignored.
        """
        files = self._directories.of(experiment_id)
        provided = self._preparation.provided(files, spec, inputs)
        plan = describe(spec, files, self._capacity.gpus, provided)
        plan["ignored"] += self._preparation.ignored(spec, inputs)
        return {**plan, "prepares": self._preparation.sentences(spec, inputs)}

    def check(self, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE) -> None:
        """Refuse what is larger than the machine, or what cannot be prepared on it."""
        problems = [
            *self._preparation.problems(spec, inputs),
            *self._capacity.refusals(Claim.of_spec(spec)),
        ]
        if problems:
            raise SpecError(problems)

    def keep(self, experiment_id: str, inputs: Inputs) -> None:
        """Keep environment and credentials in files of the experiment."""
        keep_inputs(self._directories.of(experiment_id), inputs)

    def virtual_environments(self) -> list[VirtualEnvironment]:
        """Return the environments that are kept."""
        return self._environments.all()

    def prune(self) -> list[VirtualEnvironment]:
        """Remove the environments that no run uses; return them."""
        return self._environments.prune()

    def recover(self, experiment_ids: Sequence[str]) -> None:
        """Read the launches of the runs that were begun."""
        with self._lock:
            for experiment_id in experiment_ids:
                if self._directories.of(experiment_id).launch.exists():
                    self._run(experiment_id)

    def obstacle(self, experiment_id: str, spec: ExperimentSpec) -> str | None:
        """Return what of the machine an experiment has to wait for, or None."""
        with self._lock:
            known = self._runs.get(experiment_id)
            if known and has_pods_of(known.launch, spec, known.files):
                return None
            has = known.claim if known else Claim()
            taken = sum((run.claim for run in self._runs.values()), start=Claim())
            return self._capacity.obstacle(Claim.of_spec(spec) - has, taken)

    def too_large(self, spec: ExperimentSpec) -> str | None:
        """Return what of it is more than the whole machine has, or None."""
        refusals = self._capacity.refusals(Claim.of_spec(spec))
        return next((problem.message for problem in refusals), None)

    def submit(self, experiment_id: str, spec: ExperimentSpec, since: float = 0.0) -> None:
        """Write the experiment's files and start its supervisor."""
        files = self._directories.of(experiment_id)
        for directory in (files.directory, files.output, files.work):
            make_private(directory)
        with self._lock:
            run = self._run(experiment_id)
            if not run.launch["pods"]:
                self._relaunch(run, spec, since=since)
        with files.supervisor_log.open("ab") as log:
            supervisor = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-S", "-I", str(_SUPERVISOR), str(files.directory)],
                cwd=files.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        run.supervise(supervisor)

    def scale(self, experiment_id: str, spec: ExperimentSpec) -> None:
        """Replace the launch when its replicas are not those of the spec."""
        with self._lock:
            run = self._runs.get(experiment_id)
            # To a launch that a crash has spoiled nothing can be added.
            if run is None or not run.launch["pods"] or has_pods_of(run.launch, spec, run.files):
                return
            self._relaunch(run, spec, run.launch, run.launch.get("since", 0.0))

    def observe(self, experiment_id: str) -> Report:
        """Return what the files of a run and its processes tell."""
        with self._lock:
            run = self._run(experiment_id)
            report = run.observe()
            if run.is_over:
                # It will not change any more, and may be asked for never again.
                self._runs.pop(experiment_id, None)
                self._ending.append(run)
            self._ending = [ended for ended in self._ending if not ended.reap()]
            return report

    def delete(self, experiment_id: str) -> None:
        """End the run, and remove its files; its directory stays, empty and renamed."""
        files = self._directories.of(experiment_id)
        if files.launch.exists() and self.observe(experiment_id).end is None:
            self._end(files)
        self._directories.put_aside(experiment_id)
        with self._lock:
            self._runs.pop(experiment_id, None)

    def _run(self, experiment_id: str) -> LocalRun:
        known = self._runs.get(experiment_id)
        if known is None:
            known = self._runs[experiment_id] = LocalRun(self._directories.of(experiment_id))
        return known

    def _relaunch(
        self,
        run: LocalRun,
        spec: ExperimentSpec,
        before: dict[str, Any] | None = None,
        since: float = 0.0,
    ) -> None:
        gpus = free_gpus(self._capacity, (other.launch for other in self._runs.values()))
        machine = Machine(self._capacity.gpus, gpus)
        write_private(run.files.spec, json.dumps(spec.to_wire()))
        preparation = self._preparation
        if before is None:
            inputs = Inputs(kept_environment(run.files))
            provided = preparation.provided(run.files, spec, inputs)
            first = preparation.steps(run.files, spec, inputs)
        else:
            # A run goes on with the environment and the code that it began with.
            provided = Provided.of_launch(before, preparation.variables)
            first = {name: before.get(name, []) for name in ("steps", "holds")}
        launch = make_launch(spec, run.files, machine, provided, before)
        run.relaunch({"since": since, **self._rules.to_launch(), **launch, **first})

    def _end(self, files: ExperimentFiles) -> None:
        """End a run that is not to be remembered, with or without its supervisor's help."""
        try:
            has_ended = self._has_ended_for_deletion(files.experiment_id, _DELETE_PATIENCE)
        except OSError:  # the disk is full
            has_ended = False
        if not has_ended:
            end_by_force(files)
