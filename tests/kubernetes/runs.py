"""A submitter on a stand-in cluster, as tests use it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from submarine_jupyter.server.submitters.base import End, Inputs, PodReport, Report
from submarine_jupyter.server.submitters.kubernetes.settings import KubernetesSettings
from submarine_jupyter.server.submitters.kubernetes.submitter import KubernetesSubmitter
from submarine_jupyter.server.submitters.run.rules import Rules
from submarine_jupyter.spec import ExperimentSpec
from submarine_jupyter.spec.code import credentials_of

from ..server.api import experiment, wait_until
from .cluster import StandIn

ID = "experiment-1647574374688-0001"
WORKER = f"{ID}-worker-0"
IMAGE = "tf:1"


@dataclass
class Runs:
    """Experiments on a cluster; a server that is started again is another submitter."""

    cluster: StandIn
    root: Path
    stack: ExitStack
    settings: KubernetesSettings = field(default_factory=lambda: KubernetesSettings(image=IMAGE))
    rules: Rules = field(default_factory=lambda: Rules(grace=1))
    _submitter: KubernetesSubmitter | None = None

    @property
    def submitter(self) -> KubernetesSubmitter:
        if self._submitter is None:
            submitter = KubernetesSubmitter(self.root, self.settings, self.rules)
            self._submitter = submitter
            self.stack.callback(self.stop)
        return self._submitter

    def stop(self) -> None:
        if self._submitter is not None:
            self._submitter.close()
            self._submitter = None

    def restart(self) -> None:
        """Go on with another submitter, as a server does after its restart."""
        self.stop()
        self.submitter.recover([ID])

    def submit(self, cmd: str = "python train.py", **roles: Any) -> None:
        """Submit an experiment and wait for its pods."""
        self.hand_over(experiment(cmd, **roles))
        names = [f"{role.lower()}-{n}" for role, count in (roles or {"Worker": 1}).items()
                 for n in range(count)]  # fmt: skip
        wait_until(lambda: all(self.has(name) for name in names))

    def hand_over(self, content: dict[str, Any]) -> ExperimentSpec:
        spec = ExperimentSpec.from_wire(content)
        self.submitter.keep(ID, Inputs(credentials=credentials_of(spec.code)))
        self.submitter.submit(ID, spec)
        return spec

    def has(self, pod: str) -> bool:
        return self.cluster.server.store.get("pods", f"{ID}-{pod}") is not None

    def report(self) -> Report:
        return self.submitter.observe(ID)

    def pod(self, name: str = "worker-0") -> PodReport:
        return next(pod for pod in self.report().pods if pod.name == f"{ID}-{name}")

    def told(self) -> list[tuple[str, str]]:
        """Return what the timeline tells: reasons and messages."""
        return [(entry.reason, entry.message) for entry in self.report().happened]

    def reasons(self) -> list[str]:
        return [reason for reason, _ in self.told()]

    def log(self, pod: str = "worker-0", attempt: int = 1) -> bytes:
        file = self.submitter.log_file(ID, f"{ID}-{pod}", attempt)
        return file.read_bytes() if file.exists() else b""

    def has_read(self, last: bytes) -> bool:
        return self.log().endswith(last)

    def end(self) -> End:
        wait_until(lambda: self.report().end is not None)
        found = self.report().end
        assert found is not None
        return found
