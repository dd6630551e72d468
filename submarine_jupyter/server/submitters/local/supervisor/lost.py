"""What a supervisor that was killed has left: ended, and told in its place, by the next one."""

from __future__ import annotations

import os
import signal
import time

from ...run.journal import read_fact
from .cgroup import Cgroup
from .processes import HAS_PROC, carriers, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...run.journal import Journal
    from .processes import Process

_POLL = 0.01
_REASON = "ReplicaLost"


def end_lost(launch: dict[str, Any], journal: Journal) -> None:
    """End the run of one pod in the current directory, unless its supervisor has.

    What that has noted of the pod stands; what it has not is noted now.
    """
    noted = _noted()
    if "end" in noted:
        return
    journal.end_line()
    (plan,) = launch["pods"]
    start = noted.get("start", {})
    pod = {"pod": plan["pod"], "attempt": start.get("attempt", 1)}
    ended = _end_processes(plan, start.get("cgroup"))
    found = f"; {ended} of its processes still ran and were ended" if ended else ""
    message = f"was lost: its {_fate()}{found}"
    if "exit" not in noted:
        verdict = {"reason": _REASON, "message": message}
        journal.note("exit", **pod, code=-signal.SIGKILL, by=None, **verdict)
    journal.note("gone", **pod, size=_size_of_log(**pod))
    journal.note("end", outcome="Failed", reason=_REASON, message=message, pod=plan["pod"])
    journal.finish()


def _noted() -> dict[str, dict[str, Any]]:
    """Return the last fact of each kind."""
    with open("facts.jsonl", "rb") as file:
        facts = map(read_fact, file.read().split(b"\n"))
    return {fact["fact"]: fact for fact in facts if fact is not None}


def _end_processes(plan: dict[str, Any], cgroup: str | None) -> int:
    """Kill what carries the pod's mark or is in its control group; return how many they were."""
    group = Cgroup.known(cgroup) if cgroup else None
    mark = f"SUBMARINE_OUTPUT_DIR={plan['env']['SUBMARINE_OUTPUT_DIR']}".encode()
    ended: set[int] = set()
    while left := list(_left(mark, group)):
        for process in left:
            send(process, signal.SIGKILL)
            ended.add(process.pid)
        time.sleep(_POLL)
    if group is not None:
        group.remove()
    return len(ended)


def _left(mark: bytes, group: Cgroup | None) -> Iterator[Process]:
    if HAS_PROC:
        yield from carriers(mark)
    if group is not None:
        yield from group.processes()


def _fate() -> str:
    """Return what has become of the supervisor, with the last line that it said."""
    with open("supervisor.log", encoding="utf-8", errors="replace") as file:
        said = file.read().strip().splitlines()
    return f"supervisor failed ({said[-1]})" if said else "supervisor was killed"


def _size_of_log(pod: str, attempt: int) -> int:
    try:
        return os.stat(os.path.join("pods", pod, f"{attempt}.log")).st_size
    except FileNotFoundError:
        return 0
