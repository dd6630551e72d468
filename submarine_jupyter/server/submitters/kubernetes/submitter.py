"""Experiments as jobs of a Kubernetes cluster."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....datadir import make_private, write_private
from ....errors import ConfigurationError, Problem, SpecError
from ....spec import ExperimentSpec
from ..base import NOTHING_MORE, Finding, Inputs, Report
from ..run.directories import ExperimentDirectories
from ..run.files import ExperimentFiles
from ..run.inputs import keep_inputs, kept_credentials, kept_environment
from ..run.recorded import RecordedRun
from ..run.rules import Rules, has_pods_of
from ..run.submitter import RunSubmitter
from .kinds import kind_named, kind_of
from .manifests import Terms, Wanted, secret_manifest
from .plan import describe, make_launch, problems
from .settings import KubernetesSettings

if TYPE_CHECKING:
    from .engine import Engine

_DELETE_PATIENCE = 20.0
# Whatever user a container runs as has to write there; nobody else gets past the directory above.
_FOR_ANY_USER = 0o777


class KubernetesSubmitter(RunSubmitter):
    """Has a thread look after the runs on a cluster.

    Parameters
    ----------
    root
        Directory that holds one directory an experiment.
    settings
        Where and how they run.
    rules
        How runs go and end; the drain is the operator's own.

    Raises
    ------
    ConfigurationError
        The client is not installed, or the kubeconfig cannot be used.
    """

    name = "kubernetes"

    def __init__(
        self, root: Path, settings: KubernetesSettings, rules: Rules | None = None
    ) -> None:
        super().__init__(root, rules)
        self._settings = settings
        owner = _mark_of(root)
        self._terms = Terms(settings, self._rules, owner)
        self._engine: Engine = _engine(settings, self._directories, owner)
        self._runs: dict[str, RecordedRun] = {}
        self._lock = threading.RLock()

    def plan(
        self, experiment_id: str, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE
    ) -> dict[str, Any]:
        """Return image, command and variables of each pod, and what will be ignored."""
        return describe(Wanted(experiment_id, spec, inputs.environment), self._settings)

    def check(self, spec: ExperimentSpec, inputs: Inputs = NOTHING_MORE) -> None:
        """Refuse what no cluster could run, or what this one does not take."""
        found = list(problems(spec, inputs.environment, self._settings))
        refusal = self._engine.refusal(kind_of(spec.meta.framework))
        if refusal is not None:
            found.append(Problem("", refusal))
        if found:
            raise SpecError(found)

    def examine(self) -> list[Finding]:
        """Return whether the cluster has and allows what is needed."""
        return self._engine.examine()

    def keep(self, experiment_id: str, inputs: Inputs) -> None:
        """Keep environment and credentials in files of the experiment."""
        keep_inputs(self._directories.of(experiment_id), inputs)

    def recover(self, experiment_ids: Sequence[str]) -> None:
        """Go on with the runs that were begun."""
        for experiment_id in experiment_ids:
            if self.has(experiment_id):
                self._engine.add(experiment_id)

    def obstacle(self, experiment_id: str, spec: ExperimentSpec) -> str | None:  # noqa: ARG002
        """Return what of the cluster does not answer, or None: what else lacks, its events say."""
        trouble = self._engine.trouble(kind_of(spec.meta.framework))
        return f"waits: {trouble}" if trouble else None

    def submit(self, experiment_id: str, spec: ExperimentSpec, since: float = 0.0) -> None:
        """Write the experiment's files and have its job made."""
        files = self._directories.of(experiment_id)
        for directory in (files.directory, files.output):
            make_private(directory)
        files.output.chmod(_FOR_ANY_USER)
        with self._lock:
            if not files.launch.exists():
                self._launch(files, spec, {}, since)
        self._engine.add(experiment_id)

    def scale(self, experiment_id: str, spec: ExperimentSpec) -> None:
        """Replace the launch when its replicas are not those of the spec."""
        with self._lock:
            files = self._directories.of(experiment_id)
            before = files.read_launch()
            if not before["pods"] or has_pods_of(before, spec, files):
                return
            if before["job"]["kind"] == kind_of(spec.meta.framework).kind:
                self._launch(files, spec, before, before.get("since", 0.0))
                self._runs.pop(experiment_id, None)

    def observe(self, experiment_id: str) -> Report:
        """Return what the files of a run tell."""
        with self._lock:
            run = self._runs.get(experiment_id)
            if run is None:
                run = RecordedRun(self._directories.of(experiment_id))
                self._runs[experiment_id] = run
            report = run.observe()
            if report.end is not None:
                self._runs.pop(experiment_id, None)
            return report

    def delete(self, experiment_id: str) -> None:
        """End the run, remove its job and its files; its directory stays, empty and renamed."""
        files = self._directories.of(experiment_id)
        launch = files.read_launch()
        if files.launch.exists() and self.observe(experiment_id).end is None:
            self._has_ended_for_deletion(experiment_id, _DELETE_PATIENCE)
        self._directories.put_aside(experiment_id)
        with self._lock:
            self._runs.pop(experiment_id, None)
        if "job" in launch:
            # Also should the cluster not answer now: a job without an experiment is removed later.
            self._engine.remove(experiment_id, kind_named(launch["job"]["kind"]))

    def close(self) -> None:
        """Let go of the cluster; runs go on."""
        self._engine.stop()

    def _launch(
        self, files: ExperimentFiles, spec: ExperimentSpec, before: dict[str, Any], since: float
    ) -> None:
        environment, credentials = kept_environment(files), kept_credentials(files)
        wanted = Wanted(files.experiment_id, spec, environment, credentials)
        secret = secret_manifest(wanted, self._terms)
        if secret is not None:
            write_private(files.secret, json.dumps(secret))
        launch = make_launch(wanted, self._terms, before or None)
        write_private(files.spec, json.dumps(spec.to_wire()))
        write_private(files.launch, json.dumps({"since": since, **launch}))


def _mark_of(root: Path) -> str:
    """Return the mark of a data directory, made once."""
    file = make_private(root) / ".kubernetes-owner"
    if not file.exists():
        write_private(file, secrets.token_hex(8))
    return file.read_text(encoding="utf-8")


def _engine(settings: KubernetesSettings, directories: ExperimentDirectories, owner: str) -> Engine:
    try:
        from .engine import Engine
    except ImportError:
        raise ConfigurationError(
            "the Kubernetes submitter needs its client: pip install 'submarine-jupyter[kubernetes]'"
        ) from None
    return Engine(settings, directories, owner)
