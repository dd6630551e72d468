"""The supervisor's own promises: small, alone, once."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import submarine_jupyter
from submarine_jupyter.server.submitters import run
from submarine_jupyter.server.submitters.base import PodState
from submarine_jupyter.server.submitters.local import supervisor
from submarine_jupyter.server.submitters.local.capacity import Claim
from submarine_jupyter.server.submitters.run.files import ExperimentFiles, Facts
from submarine_jupyter.server.submitters.run.history import History
from submarine_jupyter.server.submitters.run.journal import Clock
from submarine_jupyter.server.submitters.run.output import Output

from .api import wait_until

PACKAGE = Path(supervisor.__file__).parent
# Each of these would take longer to load than all the rest.
SLOW = {"typing", "subprocess", "asyncio", "logging", "pathlib"}


# It forbids a system call to itself and to what it becomes.
FORBID = """
import ctypes, os, struct, sys
number, error, *argv = sys.argv[1:]
load, equal, answer = 0x20, 0x15, 0x06
code = ((load, 0, 0, 0), (equal, 0, 1, int(number)), (answer, 0, 0, 0x50000 | int(error)))
code = b"".join(struct.pack("HBBI", *each) for each in (*code, (answer, 0, 0, 0x7FFF0000)))
held = ctypes.create_string_buffer(code)
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, struct.pack("HP", 4, ctypes.addressof(held)), 0, 0):
    raise OSError(ctypes.get_errno(), "no filter of system calls")
os.execv(argv[0], argv)
"""
PIDFD_OPEN = 434


def launch(directory: Path, *argv: str) -> None:
    pod = {
        "pod": "e-worker-0",
        "argv": list(argv),
        "cwd": str(directory),
        "env": {"SUBMARINE_POD_NAME": "e-worker-0", "PATH": "/bin:/usr/bin"},
        "umask": 0o022,
        "nice": 0,
        "memoryLimit": None,
        "retired": False,
    }
    rules = {"drain": 1, "grace": 1, "backoffLimit": 0, "logCap": 2**30, "cgroups": True}
    plan = {"v": 1, "generation": 1, "deciding": ["e-worker-0"], "servants": [], **rules}
    (directory / "launch.json").write_text(json.dumps({**plan, "pods": [pod]}))


def add_step(directory: Path, *argv: str) -> None:
    file = directory / "launch.json"
    env = {"PATH": "/bin:/usr/bin"}
    step = {"name": "code", "reason": "CodeSyncFailed", "argv": list(argv), "env": env}
    file.write_text(json.dumps({**json.loads(file.read_text()), "steps": [step]}))


def supervise(directory: Path) -> None:
    command = [sys.executable, "-S", "-I", str(PACKAGE / "__main__.py"), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout + done.stderr == ""


def test_it_loads_the_standard_library_and_its_own_few_modules_alone() -> None:
    root = Path(submarine_jupyter.__file__).parents[1]
    load = f"import sys; sys.path.append({str(root)!r}); import {supervisor.__name__}.run"
    code = f"{load}; print(*sys.modules)"
    command = [sys.executable, "-S", "-I", "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    modules = {name for name in loaded.stdout.split() if name != "__main__"}
    ours = {name for name in modules if name.startswith(submarine_jupyter.__name__)}
    assert {name.split(".")[0] for name in modules - ours} <= sys.stdlib_module_names
    allowed = (supervisor.__name__, run.__name__)
    parents = {run.__name__.rsplit(".", count)[0] for count in range(1, 4)}
    parents.add(supervisor.__name__.rpartition(".")[0])
    assert {name for name in ours if not name.startswith(allowed)} == parents
    assert not modules & SLOW


def test_it_runs_an_experiment_once(tmp_path: Path) -> None:
    launch(tmp_path, "sh", "-c", "echo ran")
    supervise(tmp_path)
    supervise(tmp_path)
    files = ExperimentFiles(tmp_path)
    assert files.log("e-worker-0", 1).read_text() == "ran\n"
    facts = Facts(files.facts).news()
    kinds = [fact["fact"] for fact in facts]
    assert kinds == ["supervisor", "launched", "start", "exit", "gone", "end"]
    assert facts[-1]["outcome"] == "Succeeded"
    assert facts[4]["size"] == 4


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a program ignores")
def test_what_python_ignores_is_ignored_in_nothing_that_it_starts(tmp_path: Path) -> None:
    told = ["sh", "-c", "grep SigIgn /proc/self/status"]
    launch(tmp_path, *told)
    add_step(tmp_path, "/bin/sh", *told[1:])
    supervise(tmp_path)
    for log in ("pods/e-worker-0/1.log", "steps/code.log"):
        ignored = int((tmp_path / log).read_text().removeprefix("SigIgn:"), 16)
        assert not [
            number for number in (signal.SIGPIPE, signal.SIGXFSZ) if ignored & 1 << number - 1
        ]


def test_a_start_that_the_system_refuses_is_told_and_harms_no_other(tmp_path: Path) -> None:
    mend = "until grep -q StartFailed facts.jsonl; do sleep 0.05; done; rm pods/e-worker-1"
    # No log of its second start can be opened, until the other pod sees to that.
    spoil = "[ -e begun ] && exit 0; touch begun; rm -r pods/e-worker-1; touch pods/e-worker-1"
    launch(tmp_path, "sh", "-c", mend)
    file = tmp_path / "launch.json"
    plan = json.loads(file.read_text())
    mark = {"SUBMARINE_POD_NAME": "e-worker-1", "PATH": "/bin:/usr/bin"}
    argv = ["sh", "-c", f"{spoil}; exit 3"]
    other = {**plan["pods"][0], "pod": "e-worker-1", "argv": argv, "env": mark}
    pods = [*plan["pods"], other]
    deciding = [pod["pod"] for pod in pods]
    file.write_text(json.dumps({**plan, "backoffLimit": 2, "pods": pods, "deciding": deciding}))
    supervise(tmp_path)
    facts = Facts(tmp_path / "facts.jsonl").news()
    exits = [fact for fact in facts if fact["fact"] == "exit" and fact["pod"] == "e-worker-1"]
    assert [fact["code"] for fact in exits] == [3, 127, 0]
    assert exits[1]["message"] == "could not be started: File exists"
    assert facts[-1]["outcome"] == "Succeeded"


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of system calls is Linux's own")
@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM], ids=["old kernel", "sandbox"])
def test_it_ends_its_replicas_where_processes_have_no_descriptors(
    tmp_path: Path, error: int
) -> None:
    launch(tmp_path, "sh", "-c", "sleep 60 & sleep 60")
    main = ["-S", "-I", str(PACKAGE / "__main__.py"), str(tmp_path)]
    forbid = [sys.executable, "-c", FORBID, str(PIDFD_OPEN), str(error)]
    with subprocess.Popen([*forbid, sys.executable, *main]) as supervising:
        facts = Facts(tmp_path / "facts.jsonl")
        wait_until(lambda: "start" in {fact["fact"] for fact in facts.news()})
        (tmp_path / "stop.json").write_text('{"reason": "Stopped", "grace": 10}')
        try:
            assert supervising.wait(10) == 0
        finally:
            supervising.kill()
    told = {fact["fact"]: fact for fact in facts.news()}
    assert told["exit"]["code"] == -signal.SIGTERM
    assert told["end"]["reason"] == "Stopped"


def test_a_step_that_the_system_refuses_fails_the_run_with_the_cause(tmp_path: Path) -> None:
    launch(tmp_path, "true")
    add_step(tmp_path, "/bin/true")
    (tmp_path / "steps").touch()
    supervise(tmp_path)
    end = Facts(tmp_path / "facts.jsonl").news()[-1]
    said = "preparing its code could not be started: File exists"
    assert (end["fact"], end["reason"], end["message"]) == ("end", "CodeSyncFailed", said)


def test_its_index_holds_offsets_and_times_in_order(tmp_path: Path) -> None:
    launch(tmp_path, "sh", "-c", "for n in 1 2 3; do echo $n; sleep 0.3; done")
    supervise(tmp_path)
    index = (tmp_path / "pods" / "e-worker-0" / "1.idx").read_bytes()
    numbers = [
        int.from_bytes(index[start : start + 8], "little") for start in range(0, len(index), 8)
    ]
    offsets, times = numbers[::2], numbers[1::2]
    assert offsets[-1] == 6
    assert offsets == sorted(set(offsets))
    assert times == sorted(times)
    assert len(offsets) >= 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a log above its cap ends its run")
def test_a_log_that_lost_its_beginning_often_has_one_hole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = Output("worker-0", 1, cap=100_000, clock=Clock())
    for number in range(1000):
        os.write(output.descriptor, f"{number:04d} {'x' * 1000}\n".encode())
        output.note_growth()
        output.keep_to_cap()
    log = Path("pods/worker-0/1.log")
    with log.open("rb") as file:
        hole = os.lseek(file.fileno(), 0, os.SEEK_DATA)
        assert output.first - 4096 <= hole <= output.first
        file.seek(output.first)
        kept = file.read().decode().splitlines()
    assert [int(line[:4]) for line in kept] == list(range(1000 - len(kept), 1000))
    output.close()


def test_a_fact_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(b'{"v": 1, "fact": "a"}\n{"v": 1, "fa\n{"v": 9, "fact": "b"}\n{"v": 1, "fact"')
    facts = Facts(path)
    assert [fact["fact"] for fact in facts.news()] == ["a"]
    with path.open("ab") as file:
        file.write(b': "c"}\n')
    assert [fact["fact"] for fact in facts.news()] == ["c"]


@pytest.mark.parametrize("name", ["../x", "", ".", "..", "a/b", "a\0b", "é"])
def test_no_name_leaves_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an experiment or pod"):
        ExperimentFiles.of(tmp_path, name)
    with pytest.raises(ValueError, match="is no name of an experiment or pod"):
        ExperimentFiles(tmp_path).log(name, 1)


def test_a_launch_of_the_first_servers_is_read(tmp_path: Path) -> None:
    files = ExperimentFiles.of(tmp_path, "experiment-1-0001")
    files.directory.mkdir()
    pod = {"pod": "experiment-1-0001-worker-3", "attempt": 1, "argv": ["true"], "env": {}}
    files.launch.write_text(json.dumps({"v": 1, "deciding": [], "pods": [pod]}))
    launch = files.read_launch()
    history = History()
    started = {"fact": "start", "time": 1.0, "pod": pod["pod"], "attempt": 1, "pid": 1}
    history.take({**started, "start": "1"})
    (report,) = history.report(launch).pods
    assert (report.role, report.index, report.state) == ("Worker", 3, PodState.RUNNING)
    assert Claim.of_launch(launch) == Claim()
