"""Supervisors that are killed, that fail, or that never came far: what is found is said."""

from __future__ import annotations

import fcntl
import resource
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from submarine_jupyter.server.submitters.local import supervisor as package
from submarine_jupyter.server.submitters.local.submitter import LocalSubmitter
from tests.server.api import Api, experiment, python, wait_until
from tests.server.test_supervisor import launch

from .traces import (
    control_groups_of,
    facts_of,
    files_of,
    has_ended,
    kill,
    processes_of,
    supervisor_of,
)

SLEEP = "sleep 600"
# Its child takes off everything that tells whose it is.
HIDE = python(
    "import os, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0: os.execve('/bin/sleep', ['sleep', '600'], {})\n"
    "    os._exit(0)\n"
    "os.wait()\n"
    "print('hidden', flush=True)\n"
    "time.sleep(600)"
)
# The system refuses this server to open the journal once, as when too many files are open.
LOOK = """
import errno, sys
from pathlib import Path
from submarine_jupyter.server.submitters.local.submitter import LocalSubmitter

refused = []

def refuse(event, arguments):
    if event == "open" and str(arguments[0]).endswith("facts.jsonl") and not refused:
        refused.append(arguments)
        raise OSError(errno.EMFILE, "Too many open files")

submitter = LocalSubmitter(Path(sys.argv[1]))
sys.addaudithook(refuse)
try:
    submitter.observe(sys.argv[2])
except OSError as error:
    print(error.strerror)
print(submitter.observe(sys.argv[2]).end)
"""
UNKNOWN = "so how its replicas ended is not known; 1 of its processes still ran and were ended"


def end_of(api: Api, identity: str) -> tuple[str, str]:
    """Return reason and sentence of a run that has failed."""
    assert api.wait_for_end(identity) == "Failed"
    end = api.events(identity)[-1]
    return end["reason"], end["message"]


@pytest.fixture
def running(api: Api) -> str:
    """Return a run with one process."""
    identity = api.create(experiment(SLEEP))
    api.wait_for(identity, "Running")
    return identity


def with_control_group(identity: str) -> list[Path]:
    groups = control_groups_of(identity)
    if not groups:
        pytest.skip("this user may make no control group of memory")
    return groups


def test_what_hides_is_found_by_its_control_group(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(HIDE))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["hidden"])
    (group,) = with_control_group(identity)
    members = [psutil.Process(int(line)) for line in (group / "cgroup.procs").read_text().split()]
    assert {process.name() for process in members} == {"python", "sleep"}
    kill(supervisor_of(data_dir, identity))
    assert end_of(api, identity)[0] == "Unknown"
    assert all(has_ended(process) for process in members)
    assert not group.exists()


def test_a_group_that_was_made_and_not_noted_is_removed(
    api: Api, data_dir: Path, running: str
) -> None:
    (group,) = with_control_group(running)
    # So it is when a supervisor dies between making a group and noting that.
    other = group.with_name(group.name.removesuffix("-1") + "-2")
    other.mkdir()
    kill(supervisor_of(data_dir, running))
    assert end_of(api, running) == (
        "Unknown",
        f"its supervisor was killed, {UNKNOWN}",
    )
    assert not control_groups_of(running)


def test_the_run_of_another_data_directory_is_left_alone(
    api: Api, data_dir: Path, running: str
) -> None:
    """A copy of a data directory tells of runs that are not its own."""
    (group,) = with_control_group(running)
    with subprocess.Popen(["sleep", "600"], env={"SUBMARINE_OUTPUT_DIR": "/elsewhere"}) as stranger:
        other = group.with_name(group.name.removesuffix("-1") + "-2")
        other.mkdir()
        (other / "cgroup.procs").write_text(str(stranger.pid))
        kill(supervisor_of(data_dir, running))
        assert end_of(api, running) == (
            "Unknown",
            f"its supervisor was killed, {UNKNOWN}",
        )
        assert stranger.poll() is None
        stranger.kill()
    wait_until(lambda: not (other / "cgroup.procs").read_text())
    other.rmdir()


def test_a_supervisor_that_fails_says_why(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(SLEEP, Worker=20))
    api.wait_for(identity, "Running")
    # From now on it cannot write its journal, and that is no full disk that may pass.
    size = files_of(data_dir, identity).facts.stat().st_size
    supervisor_of(data_dir, identity).rlimit(resource.RLIMIT_FSIZE, (size, size))
    for process in processes_of(identity):
        process.terminate()
    reason, message = end_of(api, identity)
    assert reason == "Unknown"
    failed = "its supervisor failed (OSError: [Errno 27] File too large), so how its replicas"
    assert message.startswith(failed)
    assert not processes_of(identity)


def test_a_look_at_the_journal_holds_up_no_supervisor(tmp_path: Path) -> None:
    """The server looks whether the lock is held, and for that moment holds it itself."""
    launch(tmp_path, "sh", "-c", "echo ran")
    facts = tmp_path / "facts.jsonl"
    facts.touch()
    main = Path(package.__file__).parent / "__main__.py"
    with facts.open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        command = [sys.executable, "-S", "-I", str(main), str(tmp_path)]
        with subprocess.Popen(command) as process:
            supervisor = psutil.Process(process.pid)
            wait_until(lambda: str(facts) in {each.path for each in supervisor.open_files()})
            fcntl.flock(looking, fcntl.LOCK_UN)
            assert process.wait(30) == 0
    assert (tmp_path / "pods" / "e-worker-0" / "1.log").read_text() == "ran\n"


def test_a_journal_that_cannot_be_opened_for_now_tells_of_no_end(
    data_dir: Path, running: str
) -> None:
    command = [sys.executable, "-c", LOOK, str(data_dir / "experiments"), running]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines() == ["Too many open files", "None"]
    assert processes_of(running)


def test_a_launch_that_cannot_be_looked_at_for_now_tells_of_no_end(
    data_dir: Path, running: str
) -> None:
    submitter = LocalSubmitter(data_dir / "experiments")
    assert submitter.observe(running).end is None
    file = files_of(data_dir, running).launch
    aside, loop = file.with_name("aside"), file.with_name("loop")
    aside.hardlink_to(file)
    loop.symlink_to(file.name)
    loop.replace(file)
    with pytest.raises(OSError, match="symbolic links"):
        submitter.observe(running)
    aside.replace(file)
    assert submitter.observe(running).end is None
    assert processes_of(running)


def test_nothing_is_said_twice(api: Api, data_dir: Path, running: str) -> None:
    kill(supervisor_of(data_dir, running))
    end = end_of(api, running)
    for _ in range(3):
        assert api.pods(running)["worker-0"]["reason"] == "Unknown"
    assert end_of(api, running) == end
    facts = [fact["fact"] for fact in facts_of(data_dir, running)]
    assert facts == ["supervisor", "launched", "start", "end"]
