"""What comes before the replicas of a run: its environment and its code."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....errors import Problem
from ....processes import inheritable_environment
from ....spec import ExperimentSpec
from ....spec.code import NOT_FETCHED, repository_of
from ..base import Inputs
from ..run.files import ExperimentFiles
from .environments import EnvironmentCache, Packages

CONDAS = ("micromamba", "mamba", "conda")
_PROGRAM = "submarine_jupyter.server.submitters.local.preparing"
# `/code` as the first part of a path, wherever in a command that begins.
_CODE = re.compile(r"(?<![\w./~-])/code(?![\w.-])")


@dataclass(frozen=True)
class PreparingRules:
    """The server's settings for what comes before a run.

    Attributes
    ----------
    schemes
        Of URLs that code is fetched from.
    code_timeout, environment_timeout
        Seconds that fetching code and making an environment may take.
    """

    schemes: tuple[str, ...] = ("https", "ssh")
    code_timeout: float = 600.0
    environment_timeout: float = 1800.0


@dataclass(frozen=True)
class Provided:
    """What replicas find when they start.

    Attributes
    ----------
    prefix
        Of the environment that they run in; None for that of their caller or the server.
    code
        Directory that holds their code; None when there is none.
    variables
        What the server tells every run.
    """

    prefix: str | None = None
    code: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str | None:
        """The interpreter of the environment, or None."""
        return str(Path(self.prefix, "bin", "python")) if self.prefix else None

    def in_command(self, word: str) -> str:
        """Return a word of a command in which `/code/…` leads to the code."""
        return word if self.code is None else _CODE.sub(lambda _: self.code or "", word)

    def to_launch(self) -> dict[str, Any]:
        """Return it for `launch.json`."""
        return {"prefix": self.prefix, "code": self.code}

    @classmethod
    def of_launch(cls, launch: Mapping[str, Any], variables: Mapping[str, str]) -> Provided:
        """Return what the replicas of a launch have."""
        return cls(**launch.get("provided", {}), variables=variables)


class Preparation:
    """Says what has to be prepared for a run, and how its code is fetched.

    Parameters
    ----------
    rules
        The server's settings.
    """

    def __init__(self, rules: PreparingRules) -> None:
        self._rules = rules

    def problems(self, spec: ExperimentSpec, inputs: Inputs) -> Iterator[Problem]:
        """Yield what of a run cannot be prepared."""
        repository = repository_of(spec.code)
        if repository is not None and repository.scheme not in self._rules.schemes:
            field_name = "code.git.url" if spec.code and spec.code.git else "code.url"
            option = f"--allow-code {repository.scheme}"
            said = f"{repository.scheme}:// is not fetched from by this server ({option})"
            yield Problem(field_name, f"{said}; use {' or '.join(self._rules.schemes)}")
        if repository is not None and shutil.which("git") is None:
            yield Problem("code", "cannot be fetched: git is not installed on this machine")
        packages = Packages.of(inputs.environment)
        if packages and packages.conda:
            yield from self.conda_problems(spec.environment.name or "")

    def conda_problems(self, name: str) -> Iterator[Problem]:
        """Yield why an environment with conda packages cannot be made; nothing if it can."""
        if not any(map(shutil.which, CONDAS)):
            yield Problem(
                "environment.name",
                f"{name} has conda packages, and this machine has none of "
                f"{', '.join(CONDAS)}; install one, or give the packages as pipDependencies",
            )

    def sentences(self, spec: ExperimentSpec, inputs: Inputs) -> list[str]:
        """Return what will be prepared, in words."""
        said = []
        packages = Packages.of(inputs.environment)
        if packages is not None:
            name = spec.environment.name
            said.append(f"the environment {name}: {', '.join(packages.names)}")
        repository = repository_of(spec.code)
        if repository is not None:
            branch = f"branch {repository.branch}" if repository.branch else "its own branch"
            said.append(f"the code of {repository.url}, {branch}")
        return said

    def ignored(self, spec: ExperimentSpec, inputs: Inputs) -> list[str]:
        """Return what of it will be passed over, in words."""
        said = []
        if spec.code is not None and repository_of(spec.code) is None:
            modes = ", ".join(NOT_FETCHED)
            said.append(
                f"code: syncMode {spec.code.sync_mode} fetches nothing (nor do others of {modes}); "
                "the program runs with the files that are there"
            )
        if spec.environment.kernel_spec is not None and not spec.environment.name:
            said.append("environment.kernelSpec: only of a registered environment one is made")
        if spec.environment.name and Packages.of(inputs.environment) is None:
            said.append(f"environment.name: {spec.environment.name} names no packages")
        return said

    def code_step(self, files: ExperimentFiles, spec: ExperimentSpec) -> dict[str, Any] | None:
        """Return the step that fetches the code of a run; None when it has none."""
        if repository_of(spec.code) is None:
            return None
        schemes = ":".join(self._rules.schemes)
        return self.step(files, "code", "CodeSyncFailed", self._rules.code_timeout, schemes)

    def step(
        self, files: ExperimentFiles, name: str, reason: str, timeout: float, setting: str
    ) -> dict[str, Any]:
        """Return a step, as a supervisor takes it."""
        arguments = [name, str(files.directory), str(timeout), setting]
        # The mark by which the processes of a run are found that has lost its supervisor.
        env = {**inheritable_environment(), "SUBMARINE_OUTPUT_DIR": str(files.output)}
        return {
            "name": name,
            "reason": reason,
            "argv": [sys.executable, "-m", _PROGRAM, *arguments],
            "env": env,
        }


class LocalPreparation(Preparation):
    """Says what has to be prepared for a run on this machine.

    Parameters
    ----------
    cache
        Where environments are kept.
    rules
        The server's settings.
    variables
        What the server tells every run.
    """

    def __init__(
        self, cache: EnvironmentCache, rules: PreparingRules, variables: Mapping[str, str]
    ) -> None:
        super().__init__(rules)
        self._cache = cache
        self.variables = variables

    def provided(self, files: ExperimentFiles, spec: ExperimentSpec, inputs: Inputs) -> Provided:
        """Return what the replicas of a run will find."""
        packages = Packages.of(inputs.environment)
        prefix = str(self._cache.place(packages).prefix) if packages else None
        code = str(files.code) if repository_of(spec.code) else None
        return Provided(prefix, code, self.variables)

    def steps(self, files: ExperimentFiles, spec: ExperimentSpec, inputs: Inputs) -> dict[str, Any]:
        """Return the part of `launch.json` that says what comes first."""
        steps, holds = [], []
        packages = Packages.of(inputs.environment)
        if packages is not None:
            place = self._cache.place(packages)
            place.prepare()
            holds.append(str(place.use))
            timeout, root = self._rules.environment_timeout, str(place.root)
            steps.append(self.step(files, "environment", "EnvironmentFailed", timeout, root))
        if (code := self.code_step(files, spec)) is not None:
            steps.append(code)
        return {"steps": steps, "holds": holds}
