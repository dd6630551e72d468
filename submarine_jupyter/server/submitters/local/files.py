"""The files of an experiment on disk: a contract, so that a newer server reads an older one's runs.

::

    experiments/<id>/
      spec.json              the experiment's spec as it was launched
      launch.json            what the supervisor is to run
      stop.json              why and how to stop, when that was asked for
      facts.jsonl            what the supervisor saw, one JSON object a line, appended
      supervisor.log         what it said, normally nothing
      pods/<pod>/<attempt>.log   output of a replica, raw
      pods/<pod>/<attempt>.idx   (offset, milliseconds) of its growth, 16 bytes each
      output/                files the run wrote (SUBMARINE_OUTPUT_DIR)
      work/                  working directory of runs that bring none

Facts: `supervisor` (pid, boot, start), `start` (pod, attempt, pid, start), `exit` (pod, attempt,
code, by, reason, message), `gone` (pod, attempt, size: the log's final length), `end` (outcome,
reason, message, pod, code). Each has `v` (the format, 1) and `time` (seconds since 1970).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
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
    def spec(self) -> Path:
        """The spec as it was launched."""
        return self.directory / "spec.json"

    @property
    def launch(self) -> Path:
        """What the supervisor is to run."""
        return self.directory / "launch.json"

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
    def work(self) -> Path:
        """Working directory of a run that brings none."""
        return self.directory / "work"

    def log(self, pod: str, attempt: int) -> Path:
        """Return the output of one start of a pod."""
        return self.directory / "pods" / _checked(pod) / f"{int(attempt)}.log"


@dataclass
class Facts:
    """The facts of a run, read as they grow."""

    path: Path
    entries: list[dict[str, Any]] = field(default_factory=list)
    _offset: int = 0

    def refresh(self) -> bool:
        """Read what was appended since; return whether anything was."""
        try:
            if self.path.stat().st_size == self._offset:
                return False
            with self.path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return False
        if not newline:
            return False
        self._offset += len(whole) + 1
        for line in whole.split(b"\n"):
            fact = _read_fact(line)
            if fact is not None:
                self.entries.append(fact)
        return True

    def append(self, fact: dict[str, Any]) -> None:
        """Add a fact of a run that has no supervisor any more."""
        line = json.dumps({"v": FORMAT, **fact}).encode()
        with self.path.open("ab") as file:
            # The newline in front ends whatever line the supervisor was killed in.
            file.write(b"\n" + line + b"\n")

    def last(self, fact: str, pod: str | None = None) -> dict[str, Any] | None:
        """Return the newest fact of a kind (of a pod), or None."""
        matching = (
            entry
            for entry in reversed(self.entries)
            if entry["fact"] == fact and pod in {None, entry.get("pod")}
        )
        return next(matching, None)


def _read_fact(line: bytes) -> dict[str, Any] | None:
    """Return a fact, or None for a line that a crash or a full disk cut short."""
    try:
        fact: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return fact if fact.get("v") == FORMAT else None


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name of an experiment or pod")
    return name
