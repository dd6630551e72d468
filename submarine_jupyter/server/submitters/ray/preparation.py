"""What comes before the replicas of a run on Ray: its environment on the nodes, and its code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....errors import Problem
from ....spec import ExperimentSpec
from ..base import Inputs
from ..local.environments import Packages
from ..local.preparation import Preparation
from ..run.files import ExperimentFiles


class PreparingFailed(Exception):
    """What has to be there before the replicas cannot be; the text says why.

    Parameters
    ----------
    step, reason
        What it is, and what its failure is called.
    """

    def __init__(self, step: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.step = step
        self.reason = reason


class RayPreparation(Preparation):
    """Says what has to be prepared for a run.

    The server fetches the code, as for a local run, and ships it; so the nodes need neither git
    nor credentials. Ray itself makes the environments.
    """

    def conda_problems(self, name: str) -> Iterator[Problem]:
        """Yield that conda packages are not installed on the nodes."""
        yield Problem(
            "environment.name",
            f"{name} has conda packages, which are not installed on Ray's nodes; "
            "give the packages as pipDependencies",
        )

    def first(self, files: ExperimentFiles, spec: ExperimentSpec, inputs: Inputs) -> dict[str, Any]:
        """Return the part of `launch.json` that says what comes first."""
        packages = Packages.of(inputs.environment)
        environment = packages and {
            "name": spec.environment.name,
            "pip": list(packages.pip),
            "timeout": self._rules.environment_timeout,
        }
        return {"environment": environment, "code": self.code_step(files, spec)}
