"""Whatever is done in whatever order, the server killed in between: the books are kept.

Each line comes once, statuses come in legal order, no process is without a record and no running
record without a process.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from submarine_jupyter import launch
from submarine_jupyter.spec import Status

from .api import Api, experiment, python, wait_until

# Each line is written at once: who is stopped leaves none half written.
WRITE = "import itertools, os, sys, time\ndef write(n): os.write(1, b'line %d\\n' % n)\n"
ENDLESS = python(f"{WRITE}for n in itertools.count(): write(n); time.sleep(0.01)")


def quick(lines: int, code: int) -> str:
    return python(f"{WRITE}for n in range({lines}): write(n)\nsys.exit({code})")


@dataclass
class Run:
    """What the test knows of an experiment.

    Attributes
    ----------
    lines, code
        What each replica prints, and how it ends; None when it goes on until it is stopped.
    replicas
        That it was submitted with.
    disturbed
        Whether it was stopped or changed, so that replicas may end early.
    statuses
        As they were seen, each once.
    cursor, read, offsets
        How far its stream was read, the lines by pod, and where the next of each begins.
    """

    id: str
    lines: int | None
    code: int
    replicas: int
    disturbed: bool = False
    statuses: list[Status] = field(default_factory=list)
    cursor: str | None = None
    read: dict[str, list[str]] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)

    def see(self, status: str) -> None:
        seen = Status(status)
        if not self.statuses or self.statuses[-1] is not seen:
            self.statuses.append(seen)

    def take(self, data: dict[str, Any]) -> None:
        pod = data["pod"]
        assert data["offset"] == self.offsets.get(pod, 0), "lines were left out, or came twice"
        self.offsets[pod] = data["offset"] + sum(len(line) + 1 for line in data["lines"])
        self.read.setdefault(pod, []).extend(data["lines"])


class Books(RuleBasedStateMachine):
    """A server that is asked and killed, and what must be true of it all the time."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="books-"))
        self.data = self.root / "data"
        self.known: dict[str, Run] = {}
        self.keys = 0
        self.api = Api(launch.ensure(self.data))
        self.is_up = True

    # What is done

    @precondition(lambda self: self.is_up and len(self.known) < 5)
    @rule(
        target=runs,
        lines=st.none() | st.integers(0, 400),
        code=st.sampled_from([0, 0, 3]),
        replicas=st.integers(1, 2),
        dies=st.booleans(),
    )
    def submit(self, lines: int | None, code: int, replicas: int, dies: bool) -> Run:
        spec = self.spec(lines, code, replicas)
        self.keys += 1
        ask = {"json": spec, "headers": {"Idempotency-Key": str(self.keys)}}
        if dies:
            self.ask_a_dying_server("POST", "api/v1/experiment", **ask)
            self.restart()
        made = self.api.result("POST", "api/v1/experiment", **ask)
        run = Run(made["experimentId"], lines, code, replicas)
        self.known[run.id] = run
        return run

    @precondition(lambda self: self.is_up)
    @rule(run=runs, replicas=st.integers(1, 3))
    def patch(self, run: Run, replicas: int) -> None:
        run.disturbed = True
        spec = self.spec(run.lines, run.code, replicas)
        changed = self.api.result("PATCH", f"api/v1/experiment/{run.id}", json=spec)
        assert changed["spec"]["spec"]["Worker"]["replicas"] == replicas

    @precondition(lambda self: self.is_up)
    @rule(run=runs, dies=st.booleans())
    def stop(self, run: Run, dies: bool) -> None:
        run.disturbed = True
        path = f"api/v1/experiment/{run.id}/stop"
        if dies:
            self.ask_a_dying_server("POST", path)
            self.restart()
        self.api.result("POST", path)

    @precondition(lambda self: self.is_up)
    @rule(run=consumes(runs), dies=st.booleans())
    def delete(self, run: Run, dies: bool) -> None:
        path = f"api/v1/experiment/{run.id}"
        if dies:
            self.ask_a_dying_server("DELETE", path)
            self.restart()
            # Whether it had begun to be deleted or not, it can be deleted, and stays so.
            assert self.api.call("DELETE", path).status_code in {200, 404}
        else:
            assert self.api.result("DELETE", path)["status"] == "Deleted"
        del self.known[run.id]
        wait_until(lambda: not self.processes(run.id))
        assert self.api.call("GET", path).status_code == 404
        assert not (self.data / "experiments" / run.id).exists()

    @precondition(lambda self: self.is_up)
    @rule(run=runs, records=st.integers(1, 20))
    def read(self, run: Run, records: int) -> None:
        self.follow(run, records)

    @precondition(lambda self: self.is_up)
    @rule(brutally=st.booleans())
    def end_server(self, brutally: bool) -> None:
        self.is_up = False
        self.api.session.close()
        if brutally:
            self.kill()
        else:
            launch.stop(self.data)

    @precondition(lambda self: not self.is_up)
    @rule()
    def restart(self) -> None:
        self.api = Api(launch.ensure(self.data))
        self.is_up = True

    # What must be true

    @invariant()
    def statuses_are_those_of_what_was_submitted(self) -> None:
        if self.is_up:
            listed = self.api.result("GET", "api/v1/experiment")
            assert [one["experimentId"] for one in listed] == list(self.known)
            for one in listed:
                self.known[one["experimentId"]].see(one["status"])

    @precondition(lambda self: self.is_up)
    @rule()
    def processes_and_records_agree(self) -> None:
        """Let quick ones end and new ones start: after that each has what belongs to it."""

        def agree() -> bool:
            listed = self.api.result("GET", "api/v1/experiment")
            active = {
                one["experimentId"] for one in listed if not Status(one["status"]).is_terminal
            }
            return {self.owner(process) for process in self.all_processes()} == active

        wait_until(agree)

    def teardown(self) -> None:
        try:
            if not self.is_up:
                self.restart()
            for run in self.known.values():
                self.close(run)
            self.processes_and_records_agree()
            assert not self.all_processes()
            for identity in self.known:
                self.api.result("DELETE", f"api/v1/experiment/{identity}")
            assert self.api.result("GET", "api/v1/experiment") == []
            assert not list((self.data / "experiments").iterdir())
        finally:
            self.api.session.close()
            launch.stop(self.data)
            for process in self.all_processes():
                process.kill()
            shutil.rmtree(self.root)

    def close(self, run: Run) -> None:
        """Let a run end, and look at all that it leaves."""
        if run.lines is None:
            run.disturbed = True
            self.api.result("POST", f"api/v1/experiment/{run.id}/stop")
        status = self.api.wait_for_end(run.id)
        run.see(status)
        if not run.disturbed:
            assert status == ("Failed" if run.code else "Succeeded")
        self.follow(run)
        told = [Status(one["reason"]) for one in self.api.events(run.id) if is_status(one)]
        assert run.statuses[-1] is Status(status)
        for seen in (run.statuses, told):
            for before, after in pairwise(seen):
                assert before.may_become(after), seen
        kept = {f"{run.id}-{pod}": lines for pod, lines in self.api.lines(run.id).items()}
        assert {pod: lines for pod, lines in kept.items() if lines} == run.read
        for pod, lines in kept.items():
            assert lines == [f"line {number}" for number in range(len(lines))], pod
            if not run.disturbed and not run.code:
                assert len(lines) == run.lines
        if not run.disturbed:
            assert len(kept) == run.replicas

    # How

    def spec(self, lines: int | None, code: int, replicas: int) -> dict[str, Any]:
        cmd = ENDLESS if lines is None else quick(lines, code)
        return experiment(cmd, Worker=replicas)

    def follow(self, run: Run, records: int | None = None) -> None:
        """Read the stream on from where it was left; to its end, or only some records."""
        after = {} if run.cursor is None else {"after": run.cursor}
        ended = False
        for one in islice(self.api.follow(run.id, **after), records):
            assert not ended, "something came after the end"
            run.cursor = one.cursor
            if one.event == "log":
                run.take(one.data)
            elif one.event == "status":
                run.see(one.data["status"])
            ended = one.event == "end"
        assert ended or records is not None

    def ask_a_dying_server(self, method: str, path: str, **options: Any) -> None:
        """Kill the server while it is asked for something, which may or may not be done."""
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.api.call, method, path, **options)
            self.kill()
            with suppress(requests.RequestException):
                asked.result()
        self.api.session.close()
        self.is_up = False

    def kill(self) -> None:
        os.kill(self.api.server.pid, signal.SIGKILL)
        wait_until(lambda: launch.find(self.data) is None)

    def processes(self, identity: str) -> list[psutil.Process]:
        return [process for process in self.all_processes() if self.owner(process) == identity]

    def all_processes(self) -> list[psutil.Process]:
        """Return every process of every run, supervisors too."""
        return [process for process in psutil.process_iter() if self.owner(process)]

    def owner(self, process: psutil.Process) -> str | None:
        """Return to which run a process belongs, or None."""
        place = f"{self.data}/experiments/"
        try:
            words = [*process.cmdline(), process.environ().get("SUBMARINE_OUTPUT_DIR", "")]
        except psutil.Error:
            return None
        found = next((word for word in words if word.startswith(place)), None)
        return found and found.removeprefix(place).partition("/")[0]


def is_status(event: dict[str, Any]) -> bool:
    return event["kind"] == "status" and event["reason"] in {status.value for status in Status}


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_books_are_kept() -> None:
    # The same examples each time; with EXAMPLES=100 so many others.
    wanted = os.environ.get("EXAMPLES")
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=int(wanted or 12),
            stateful_step_count=14,
            deadline=None,
            derandomize=not wanted,
            database=None,
            # An example takes seconds, and its first failure tells enough.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
