"""Gives the pids of a dead server, dead supervisors and dead replicas to strangers.

Run as the first process of a pid namespace; prints what has become of everybody as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from submarine_jupyter import launch
from tests.server.api import Api, experiment, python, wait_until

from .traces import facts_of, processes_of

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
# It goes on through every signal it can, and tells of it.
STRANGER = """
import signal, sys, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, lambda number, _: print(number, flush=True))
print("ready", flush=True)
while True: time.sleep(600)
"""
SLEEP = python("import time; time.sleep(600)")


def end(pid: int) -> None:
    """Kill a process that is ours by birth or adoption, and free its pid."""
    os.kill(pid, 9)
    # The first process of a namespace adopts the orphans, a moment after their parent's end.
    wait_until(lambda: is_reaped(pid))


def is_reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


class Stranger:
    """A process, leader of its session and its group, with a pid that somebody had before."""

    def __init__(self, pid: int) -> None:
        def try_to_be() -> bool:
            LAST_PID.write_text(str(pid - 1))
            self.process = subprocess.Popen(
                [sys.executable, "-S", "-I", "-c", STRANGER],
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            if self.process.pid != pid:
                self.process.kill()
                self.process.wait()
            return self.process.pid == pid

        wait_until(try_to_be)
        assert self.process.stdout is not None
        self.output = self.process.stdout
        assert self.output.readline() == b"ready\n"

    def fate(self) -> str:
        """Return what has happened to it: `untouched`, or how it ended."""
        if self.process.poll() is not None:
            return f"ended by {-self.process.returncode}"
        os.set_blocking(self.output.fileno(), False)
        said = self.output.read()
        return f"signalled: {said.split()}" if said else "untouched"


def pids_of(data_dir: Path, identity: str) -> tuple[int, int]:
    """Return the pids of a run's supervisor and its replica."""
    facts = {fact["fact"]: fact for fact in facts_of(data_dir, identity)}
    return facts["supervisor"]["pid"], facts["start"]["pid"]


def outcome(api: Api, identity: str) -> dict[str, str]:
    status = api.wait_for_end(identity)
    last = api.events(identity)[-1]
    return {"status": status, "reason": last["reason"], "message": last["message"]}


def main(data_dir: Path) -> None:
    first = launch.ensure(data_dir)
    api = Api(first)
    runs = {name: api.create(experiment(SLEEP)) for name in ("dead", "orphaned")}
    for identity in runs.values():
        api.wait_for(identity, "Running")
    end(first.pid)
    supervisor, replica = pids_of(data_dir, runs["dead"])
    orphans_supervisor, _ = pids_of(data_dir, runs["orphaned"])
    for pid in (supervisor, replica, orphans_supervisor):
        end(pid)
    strangers = {
        "server": Stranger(first.pid),
        "supervisor": Stranger(supervisor),
        "replica": Stranger(replica),
        "orphan's supervisor": Stranger(orphans_supervisor),
    }
    told: dict[str, Any] = {
        "found": launch.find(data_dir) is not None,
        "stopped": launch.stop(data_dir),
    }
    again = Api(launch.ensure(data_dir))
    told["runs"] = {name: outcome(again, identity) for name, identity in runs.items()}
    told["left"] = len(processes_of(*runs.values()))
    told["deleted"] = [
        again.call("DELETE", f"api/v1/experiment/{identity}").status_code
        for identity in runs.values()
    ]
    told["strangers"] = {name: stranger.fate() for name, stranger in strangers.items()}
    launch.stop(data_dir)
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
