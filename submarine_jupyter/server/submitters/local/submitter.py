"""Experiments as processes of this machine."""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from ....datadir import make_private, write_private
from ....errors import ApiError
from ....processes import boot_id
from ....spec import ExperimentSpec, Status
from ....spec.pods import Pod, pods_of
from ..base import End, PodReport, PodState, Report, Submitter
from .files import ExperimentFiles, Facts
from .plan import Rules, describe, make_launch

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_START_TIMEOUT = 10.0
_DELETE_GRACE = 2.0
_POLL = 0.01


class LocalSubmitter(Submitter):
    """Runs each experiment under a supervisor process of its own, which outlives the server.

    Parameters
    ----------
    root
        Directory that holds one directory an experiment.
    rules
        How runs end.
    """

    name = "local"

    def __init__(self, root: Path, rules: Rules | None = None) -> None:
        self._root = make_private(root)
        self._rules = rules or Rules()
        self._facts: dict[str, Facts] = {}
        self._reports: dict[str, Report] = {}
        self._pods: dict[str, list[Pod]] = {}
        self._started: dict[str, float] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def plan(self, experiment_id: str, spec: ExperimentSpec) -> dict[str, Any]:
        """Return commands, directories and variables of each pod, and what will be ignored."""
        return describe(experiment_id, spec, self._files(experiment_id))

    def submit(self, experiment_id: str, spec: ExperimentSpec) -> None:
        """Write the experiment's files and start its supervisor."""
        files = self._files(experiment_id)
        for directory in (files.directory, files.output, files.work):
            make_private(directory)
        if not files.launch.exists():
            write_private(files.spec, json.dumps(spec.to_wire()))
            launch = make_launch(experiment_id, spec, files, self._rules)
            write_private(files.launch, json.dumps(launch))
        self._started[experiment_id] = time.monotonic()
        with files.supervisor_log.open("ab") as log:
            self._children[experiment_id] = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-S", "-I", str(_SUPERVISOR), str(files.directory)],
                cwd=files.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def observe(self, experiment_id: str) -> Report:
        """Return what the facts on disk say, and what the absence of the supervisor says."""
        with self._lock:
            return self._observe(experiment_id)

    def _observe(self, experiment_id: str) -> Report:
        if not self._files(experiment_id).spec.exists():
            return Report(end=End(Status.FAILED, time.time(), "Unknown", "its files are gone"))
        facts = self._facts.setdefault(experiment_id, Facts(self._files(experiment_id).facts))
        self._reap(experiment_id)
        lost = not _is_supervised(facts)
        # Its last facts may have come between the look at the files and the look at the process.
        news = facts.refresh()
        known = self._reports.get(experiment_id)
        if known is not None and not news and not lost:
            return known
        report = self._report(experiment_id, facts, lost=lost)
        self._reports[experiment_id] = report
        if report.end is not None:
            # It will not change any more, and may be asked for never again.
            for cache in (self._facts, self._pods, self._reports, self._started):
                cache.pop(experiment_id, None)
        return report

    def _report(self, experiment_id: str, facts: Facts, *, lost: bool) -> Report:
        supervisor = facts.last("supervisor")
        pods = [_pod_report(pod, facts) for pod in self._pods_of(experiment_id)]
        end = _end(facts, pods)
        if end is None and supervisor is None:
            end = self._end_of_unstarted(experiment_id)
        elif end is None and lost:
            end = self._end_of_lost(experiment_id, supervisor or {})
            # Said once for all in the journal that nobody else writes any more.
            facts.append(
                {
                    "fact": "end",
                    "time": end.time,
                    "outcome": end.status.value,
                    "reason": end.reason,
                    "message": end.message,
                }
            )
        if end is not None:
            pods = [_settled(pod, end) for pod in pods]
        return Report(supervisor["time"] if supervisor else None, pods, end)

    def stop(self, experiment_id: str, reason: str, message: str) -> None:
        """Leave a request that the supervisor finds within a tick."""
        self._request_stop(experiment_id, reason, message, self._rules.grace)

    def delete(self, experiment_id: str) -> None:
        """End the run, wait until every process is gone, and remove its files."""
        files = self._files(experiment_id)
        if files.launch.exists() and self.observe(experiment_id).end is None:
            self._request_stop(experiment_id, "Deleted", "it was deleted", _DELETE_GRACE)
            deadline = time.monotonic() + _DELETE_GRACE + _START_TIMEOUT
            while self.observe(experiment_id).end is None:
                if time.monotonic() > deadline:
                    raise ApiError(500, "Its processes have not ended yet; delete it again.")
                time.sleep(_POLL)
        self._reap(experiment_id)
        if files.directory.exists():
            shutil.rmtree(files.directory)
        for cache in (self._facts, self._pods, self._reports, self._started, self._children):
            cache.pop(experiment_id, None)

    def log_file(self, experiment_id: str, pod: str, attempt: int) -> Path:
        """Return the file a replica writes its output to."""
        return self._files(experiment_id).log(pod, attempt)

    def output_directory(self, experiment_id: str) -> Path:
        """Return `SUBMARINE_OUTPUT_DIR` of the experiment."""
        return self._files(experiment_id).output

    def _files(self, experiment_id: str) -> ExperimentFiles:
        return ExperimentFiles.of(self._root, experiment_id)

    def _pods_of(self, experiment_id: str) -> list[Pod]:
        if experiment_id not in self._pods:
            text = self._files(experiment_id).spec.read_text(encoding="utf-8")
            spec = ExperimentSpec.from_wire(json.loads(text))
            self._pods[experiment_id] = pods_of(experiment_id, spec)
        return self._pods[experiment_id]

    def _request_stop(self, experiment_id: str, reason: str, message: str, grace: float) -> None:
        files = self._files(experiment_id)
        make_private(files.directory)
        request = {"reason": reason, "message": message, "grace": grace}
        write_private(files.stop, json.dumps(request))

    def _reap(self, experiment_id: str) -> None:
        child = self._children.get(experiment_id)
        if child is not None and child.poll() is not None:
            del self._children[experiment_id]

    def _end_of_lost(self, experiment_id: str, supervisor: dict[str, Any]) -> End:
        """Judge a run whose supervisor is gone without a word; what it cannot know is `Unknown`."""
        if supervisor["boot"] not in {None, boot_id()}:
            return End(Status.FAILED, time.time(), "Interrupted", "the machine was restarted")
        while _kill_processes_of(self._files(experiment_id)):
            time.sleep(_POLL)
        message = "its supervisor process was killed, so how its replicas ended is not known"
        return End(Status.FAILED, time.time(), "Unknown", message)

    def _end_of_unstarted(self, experiment_id: str) -> End | None:
        if experiment_id in self._children:
            return None
        started = self._started.setdefault(experiment_id, time.monotonic())
        if time.monotonic() - started < _START_TIMEOUT and self._is_fresh(experiment_id):
            return None
        said = self._files(experiment_id).supervisor_log
        words = said.read_text(errors="replace").strip().splitlines() if said.exists() else []
        message = f"its supervisor did not start: {words[-1] if words else 'it said nothing'}"
        return End(Status.FAILED, time.time(), "SupervisorFailed", message)

    def _is_fresh(self, experiment_id: str) -> bool:
        """Whether a supervisor may be starting that this server did not start."""
        return (
            experiment_id not in self._children
            and not self._files(experiment_id).supervisor_log.stat().st_size
        )


def _is_supervised(facts: Facts) -> bool:
    """Whether the run's supervisor lives: it holds the lock on its journal as long as it does."""
    try:
        with facts.path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _kill_processes_of(files: ExperimentFiles) -> bool:
    """Kill what a run has left behind; return whether there was anything."""
    mark = str(files.output)
    found = False
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("SUBMARINE_OUTPUT_DIR") == mark:
                process.kill()
                found = True
    return found


def _settled(pod: PodReport, end: End) -> PodReport:
    """Return a pod of a run that is over: whatever was not seen to end is not running either."""
    if pod.state is PodState.PENDING:
        return replace(pod, state=PodState.STOPPED, stopped_by="failure")
    if pod.state is PodState.RUNNING:
        return replace(pod, state=PodState.FAILED, finished=end.time, reason="Unknown")
    return pod


def _pod_report(pod: Pod, facts: Facts) -> PodReport:
    start, exit_, gone = (facts.last(fact, pod.name) for fact in ("start", "exit", "gone"))
    report = PodReport(pod.name, pod.role, pod.index)
    if start is None and exit_ is None:
        return report
    started = start["time"] if start else None
    if exit_ is None:
        return replace(report, state=PodState.RUNNING, started=started)
    code: int = exit_["code"]
    if exit_["by"] is not None:
        state = PodState.STOPPED
    else:
        state = PodState.SUCCEEDED if code == 0 else PodState.FAILED
    return replace(
        report,
        state=state,
        started=started,
        finished=exit_["time"],
        exit_code=code if code >= 0 else None,
        signal=_signal_name(-code) if code < 0 else None,
        stopped_by=exit_["by"],
        reason=exit_["reason"],
        message=exit_["message"],
        log_size=gone["size"] if gone else None,
    )


def _end(facts: Facts, pods: list[PodReport]) -> End | None:
    fact = facts.last("end")
    if fact is None:
        return None
    status = Status(fact["outcome"])
    message = fact["message"]
    if message is None and fact.get("pod"):
        message = _sentence(next(pod for pod in pods if pod.name == fact["pod"]))
    return End(status, fact["time"], fact["reason"], message)


def _sentence(pod: PodReport) -> str:
    how = f"was ended by {pod.signal}" if pod.signal else f"exited with code {pod.exit_code}"
    return f"{pod.role.lower()}-{pod.index} {how}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
