"""The files of an experiment on disk: a contract, so that a newer server reads an older one's runs.

::

    experiments/<id>/
      spec.json              the experiment's spec as it was launched last
      launch.json            what the supervisor is to run; replaced when replicas are to change
      environment.json       the named environment, as it was when the experiment was taken
      credentials.json       those of the repository, until the code is there or it ends
      secret.json            what a run on Kubernetes is to find in its Secret, until it ends
      steps/<step>.log       output of what came before the pods (`environment`, `code`)
      code/current/          the code that was fetched
      stop.json              why and how to stop, when that was asked for
      facts.jsonl            what the supervisor saw, one JSON object a line, appended
      supervisor.log         what it said, normally nothing
      pods/<pod>/<attempt>.log   output of a replica, raw
      pods/<pod>/<attempt>.idx   (offset, milliseconds) of its growth, 16 bytes each
      output/                files the run wrote (SUBMARINE_OUTPUT_DIR)
      work/                  working directory of runs that bring none

Facts: `supervisor` (pid, boot, start), `launched` (generation of the launch), `start` (pod,
attempt, pid, start, cgroup), `exit` (pod, attempt, code, by, reason, message), `restart` (pod,
attempt, delay, restarts), `dropped` (pod, attempt, first: offset of the oldest byte of the log that
is kept), `gone` (pod, attempt, size: the log's final length), `end` (outcome, reason, message, pod,
code, step); before the pods `progress` (step, message) and `prepared`. On Ray `supervisor` says
that there is room and all is prepared, and `waiting` (message) what room lacks. On Kubernetes
`submitted` (uid) says that the job is made, `supervisor` that the operator has it, and `notice`
(reason, message, pod) what the cluster warns of (on Ray: what was lost); `start` has uid and
restarts there. Each has `v` (the format, 1) and `time` (seconds since 1970).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .journal import FORMAT, read_fact

# What the plan of a pod says by saying nothing: the first servers wrote less.
_FIRST_PLAN = {
    "cpu": 0.0,
    "nice": 0,
    "memory": 0,
    "memoryLimit": None,
    "gpus": [],
    "address": ["127.0.0.1", 0],
    "retired": False,
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


@dataclass(frozen=True)
class ExperimentFiles:
    """The paths of one experiment."""

    directory: Path

    @classmethod
    def of(cls, root: Path, experiment_id: str) -> ExperimentFiles:
        """Return the paths of an experiment; ValueError for an id that could leave `root`."""
        return cls(root / _checked(experiment_id))

    @property
    def experiment_id(self) -> str:
        """The experiment that they are of."""
        return self.directory.name

    @property
    def spec(self) -> Path:
        """The spec as it was launched last."""
        return self.directory / "spec.json"

    @property
    def launch(self) -> Path:
        """What the supervisor is to run."""
        return self.directory / "launch.json"

    @property
    def environment(self) -> Path:
        """The environment that the spec names."""
        return self.directory / "environment.json"

    @property
    def credentials(self) -> Path:
        """What the server of the repository asks for."""
        return self.directory / "credentials.json"

    @property
    def secret(self) -> Path:
        """What the run is to find in its Secret."""
        return self.directory / "secret.json"

    @property
    def code(self) -> Path:
        """`CODE_PATH`."""
        return self.directory / "code"

    @property
    def checkout(self) -> Path:
        """The code itself."""
        return self.code / "current"

    def step_log(self, step: str) -> Path:
        """Return the output of what came before the pods."""
        return self.directory / "steps" / f"{_checked(step)}.log"

    @property
    def stop(self) -> Path:
        """The request to stop."""
        return self.directory / "stop.json"

    @property
    def facts(self) -> Path:
        """The journal of the supervisor."""
        return self.directory / "facts.jsonl"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor said."""
        return self.directory / "supervisor.log"

    @property
    def output(self) -> Path:
        """Directory of the files that the run wrote."""
        return self.directory / "output"

    @property
    def tensorboard(self) -> Path:
        """Directory for what TensorBoard reads."""
        return self.output / "tensorboard"

    @property
    def work(self) -> Path:
        """Working directory of a run that brings none."""
        return self.directory / "work"

    def read_launch(self) -> dict[str, Any]:
        """Return the launch, also one that an older server has written.

        Without one it has no pods; neither has one that a crash of the machine has spoiled.
        """
        try:
            launch = json.loads(self.launch.read_text(encoding="utf-8"))
            plans = [
                {**_FIRST_PLAN, **self._place_of(plan["pod"]), **plan} for plan in launch["pods"]
            ]
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return {"pods": []}
        return {**launch, "generation": launch.get("generation", 0), "pods": plans}

    def _place_of(self, pod: str) -> dict[str, Any]:
        role, _, index = pod.removeprefix(f"{self.experiment_id}-").rpartition("-")
        return {"role": role.capitalize(), "index": int(index)}

    def log(self, pod: str, attempt: int) -> Path:
        """Return the output of one start of a pod."""
        return self.directory / "pods" / _checked(pod) / f"{int(attempt)}.log"


class Facts:
    """The facts of a run, read as they grow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def news(self) -> list[dict[str, Any]]:
        """Return what was appended since."""
        try:
            if self.path.stat().st_size == self._offset:
                return []
            with self.path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        if not newline:
            return []
        self._offset += len(whole) + 1
        facts = (read_fact(line) for line in whole.split(b"\n"))
        return [fact for fact in facts if fact is not None]

    def append(self, fact: dict[str, Any]) -> None:
        """Add a fact of a run that has no supervisor any more."""
        line = json.dumps({"v": FORMAT, **fact}).encode()
        with self.path.open("ab") as file:
            # The newline in front ends whatever line the supervisor was killed in.
            file.write(b"\n" + line + b"\n")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name of an experiment or pod")
    return name
