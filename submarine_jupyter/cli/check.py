"""`check`: whether experiments can run with a submitter, tried with a small one."""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .command import Command, seconds
from .engines import engine_options, engine_settings
from .exits import Exit

if TYPE_CHECKING:
    from ..server.submitters.base import Finding, Report, Submitter
    from ..spec import ExperimentSpec

_POLL = 0.1
# Small, and public; `--kube-image` takes another.
_IMAGE = "busybox:1.37"
_WORDS = "submarine-jupyter works"


def _check(options: argparse.Namespace) -> int:
    from ..server.settings import Settings
    from ..server.submitters.choice import make_submitter

    with tempfile.TemporaryDirectory(prefix="submarine-check-") as name:
        directory = Path(name)
        settings = Settings(directory, **engine_settings(options))
        submitter = make_submitter(settings, directory / "experiments", {})
        try:
            findings = submitter.examine()
            for finding in findings:
                _show(finding)
            if not all(finding.is_good for finding in findings):
                return Exit.FAILED
            return _try(submitter, options)
        finally:
            submitter.close()


def _show(finding: Finding) -> None:
    _say("ok" if finding.is_good else "FAILED", finding.subject, finding.said)
    if finding.remedy:
        print(finding.remedy, end="")


def _try(submitter: Submitter, options: argparse.Namespace) -> int:
    """Run an experiment that prints a line; tell how it goes."""
    spec = _spec(options.kube_image or _IMAGE)
    experiment_id = f"experiment-check-{secrets.token_hex(4)}"
    submitter.check(spec)
    begun = time.monotonic()
    try:
        report = _run(submitter, experiment_id, spec, begun + options.timeout)
        took = f"{time.monotonic() - begun:.1f} s"
        if report is None:
            said = f"did not end within {options.timeout:g} s; --timeout gives it longer"
        elif report.end is not None and report.end.reason is not None:
            said = f"{report.end.reason}: {report.end.message}"
        elif _WORDS not in _log(submitter, experiment_id, report):
            said = "has succeeded, and its line is not in its log"
        else:
            _say("ok", "experiment", f"ran and its log was read, {took}")
            return Exit.DONE
        _say("FAILED", "experiment", said)
        return Exit.FAILED
    finally:
        submitter.delete(experiment_id)
        submitter.forget(experiment_id)


def _run(
    submitter: Submitter, experiment_id: str, spec: ExperimentSpec, deadline: float
) -> Report | None:
    """Return the report of its end; None when that did not come in time."""
    waits: str | None = None
    while (obstacle := submitter.obstacle(experiment_id, spec)) is not None:
        if obstacle != waits:
            _say("...", "experiment", obstacle)
            waits = obstacle
        if time.monotonic() > deadline:
            return None
        time.sleep(_POLL)
    submitter.submit(experiment_id, spec)
    told = 0
    while time.monotonic() < deadline:
        report = submitter.observe(experiment_id)
        for happening in report.happened[told:]:
            _say("...", happening.reason, happening.message)
        told = len(report.happened)
        if report.end is not None:
            return report
        time.sleep(_POLL)
    return None


def _log(submitter: Submitter, experiment_id: str, report: Report) -> str:
    (pod,) = report.pods
    return submitter.log_file(experiment_id, pod.name, pod.attempt).read_text(encoding="utf-8")


def _spec(image: str) -> ExperimentSpec:
    from ..spec import ExperimentSpec

    return ExperimentSpec.from_wire(
        {
            "meta": {"name": "check", "framework": "PyTorch", "cmd": f"echo {_WORDS}"},
            "environment": {"image": image},
            "spec": {"Master": {"replicas": 1, "resources": "cpu=100m,memory=64M"}},
        }
    )


def _say(state: str, subject: str, said: str) -> None:
    print(f"{state:<8}{subject}: {said}" if said else f"{state:<8}{subject}", flush=True)


def _arguments(parser: argparse.ArgumentParser) -> None:
    engine_options(parser)
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=300.0,
        metavar="SECONDS",
        help="time for the experiment to run (%(default)s)",
    )


COMMAND = Command(
    "check",
    "see whether experiments can run here, with one that prints a line",
    _check,
    _arguments,
)
