"""What a replica may take: memory, log, restarts; and what is said when it took more."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from .api import Api, experiment, python
from .servers import serving
from .test_admission import asking

ways = pytest.mark.parametrize("options", [(), ("--no-cgroups",)], ids=["cgroup", "watch"])

# 64M is asked for, so 128M are allowed.
HOG = "held = []\nwhile True: held.append(bytearray(4 * 2**20)); time.sleep(0.005)"
CHILDREN = """
import multiprocessing, time
def hog():
    held = bytearray(100 * 2**20)
    time.sleep(60)
context = multiprocessing.get_context("fork")
for _ in range(3): context.Process(target=hog).start()
time.sleep(60)
"""
SHARED = """
import os, time
held = bytearray(100 * 2**20)
children = [os.fork() for _ in range(2)]
if all(children): time.sleep(3)
else: time.sleep(60)
"""


@ways
@pytest.mark.parametrize("source", [f"import time\n{HOG}", CHILDREN], ids=["one", "children"])
def test_more_memory_than_the_limit_is_named(
    data_dir: Path, options: tuple[str, ...], source: str
) -> None:
    with serving(data_dir, *options) as api:
        identity = api.create(asking("cpu=0.1,memory=64M", python(source)))
        assert api.wait_for_end(identity) == "Failed"
        end = api.events(identity)[-1]
        assert end["reason"] == "OOMKilled"
        assert end["message"].startswith("worker-0 ")
        assert end["message"].endswith(
            "more than its limit of 122 MiB; give it more in its resources"
        )
        assert api.pods(identity)["worker-0"]["reason"] == "OOMKilled"
        assert api.lines(identity)["worker-0"][-1].startswith("submarine: ")


@ways
def test_memory_that_processes_share_is_counted_once(
    data_dir: Path, options: tuple[str, ...]
) -> None:
    with serving(data_dir, *options) as api:
        identity = api.create(asking("cpu=0.1,memory=64M", python(SHARED)))
        assert api.wait_for_end(identity) == "Succeeded"


@ways
def test_no_process_and_no_control_group_is_left(data_dir: Path, options: tuple[str, ...]) -> None:
    hides = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0: os.execve('/bin/sleep', ['sleep', '600.125'], {})\n"
        "    os._exit(0)\n"
        "time.sleep(0.5)"
    )
    with serving(data_dir, *options) as api:
        identity = api.create(asking("cpu=0.1,memory=64M", python(hides)))
        assert api.wait_for_end(identity) == "Succeeded"
        commands = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
        assert ["sleep", "600.125"] not in commands
        groups = Path("/sys/fs/cgroup").rglob(f"submarine-{identity}*")
        assert not list(groups)


def test_a_log_keeps_its_newest_lines_at_their_offsets(data_dir: Path) -> None:
    count = python(
        "import time\n"
        "for n in range(40): print('\\n'.join(f'{n:03} {m:04} ' + 'x' * 80 for m in range(200)), "
        "flush=True); time.sleep(0.05)"
    )
    with serving(data_dir, "--log-cap", "200k") as api:
        identity = api.create(experiment(count))
        assert api.wait_for_end(identity) == "Succeeded"
        pod = api.pods(identity)["worker-0"]
        assert pod["logSize"] == 40 * 200 * 90
        assert 0 < pod["logSize"] - pod["logFirst"] <= 200_000
        assert pod["logFirst"] % 90 == 0
        warnings = [event for event in api.events(identity) if event["reason"] == "LogLimit"]
        assert len(warnings) == 1

        path = f"api/v1/experiment/{identity}/pods/{identity}-worker-0/log"
        last = api.call("GET", path, headers={"Range": "bytes=-90"}).text
        assert last == "039 0199 " + "x" * 80 + "\n"

        records = [record for record in api.follow(identity) if record.event == "log"]
        first = records[0].data["offset"]
        assert first == pod["logFirst"]
        lines = [line for record in records for line in record.data["lines"]]
        assert len(lines) == (pod["logSize"] - first) // 90
        assert lines[0].endswith("x" * 80)
        assert api.lines(identity)["worker-0"][-1] == lines[-1]
        room = next(data_dir.glob("experiments/*/pods/*/1.log")).stat().st_blocks * 512
        assert room < 400_000


def test_failed_replicas_start_again_up_to_the_limit(data_dir: Path) -> None:
    fails = python("print('tried', flush=True); raise SystemExit(3)")
    with serving(data_dir, "--backoff-limit", "2") as api:
        identity = api.create(experiment(fails))
        assert api.wait_for_end(identity) == "Failed"
        events = [event["reason"] for event in api.events(identity) if event["kind"] == "pod"]
        assert events == ["Started", "Failed", "Restarting"] * 2 + ["Started", "Failed"]
        assert api.pods(identity)["worker-0"]["attempt"] == 3
        lines = [
            (record.data["attempt"], line)
            for record in api.follow(identity)
            if record.event == "log"
            for line in record.data["lines"]
        ]
        assert lines == [(1, "tried"), (2, "tried"), (3, "tried")]


def test_a_replica_that_does_better_the_second_time_succeeds(data_dir: Path) -> None:
    flaky = python(
        "import os, pathlib; mark = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR'], 'mark')\n"
        "if not mark.exists(): mark.touch(); raise SystemExit(1)"
    )
    with serving(data_dir, "--backoff-limit", "1") as api:
        identity = api.create(experiment(flaky))
        assert api.wait_for_end(identity) == "Succeeded"


def test_a_command_that_cannot_run_is_not_tried_again(data_dir: Path) -> None:
    with serving(data_dir, "--backoff-limit", "3") as api:
        identity = api.create(experiment("no-such-program"))
        assert api.wait_for_end(identity) == "Failed"
        assert api.pods(identity)["worker-0"]["attempt"] == 1


def test_a_failure_brings_its_evidence(api: Api) -> None:
    source = "print('before')\ndef train(): raise RuntimeError('no data in x.csv')\ntrain()"
    identity = api.create(experiment(python(source)))
    assert api.wait_for_end(identity) == "Failed"
    evidence, end = api.events(identity)[-2:]
    assert end["message"] == "worker-0 exited with code 1: RuntimeError: no data in x.csv"
    assert evidence["kind"] == "evidence"
    assert evidence["pod"] == f"{identity}-worker-0"
    lines = evidence["message"].splitlines()
    assert lines[0] == "before"
    assert lines[-1] == "RuntimeError: no data in x.csv"


def test_tensorboard_has_a_directory_among_the_files(api: Api) -> None:
    source = (
        "import os, pathlib; directory = pathlib.Path(os.environ['SUBMARINE_TENSORBOARD_LOG_DIR']);"
        "directory.mkdir(); (directory / 'events').touch()"
    )
    identity = api.create(experiment(python(source)))
    assert api.wait_for_end(identity) == "Succeeded"
    files = api.result("GET", f"api/v1/experiment/{identity}/files")
    assert [file["path"] for file in files] == ["tensorboard/events"]
