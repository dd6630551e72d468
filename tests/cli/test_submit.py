"""`submit`: specs and programs, what is wrong with them, and what happens then."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from submarine_jupyter import launch
from submarine_jupyter.client.starting import SENTENCE
from submarine_jupyter.spec.program import decode_cell

from ..server.api import Api
from .conftest import MODULE, TIMEOUT, Run, in_terminal, run_process

SPEC = """\
# A comment, so that lines count.
meta:
  name: From-File
  framework: TensorFlow
  cmd: echo said
environment: {}
spec:
  Worker: {replicas: 1, resources: "cpu=1,memory=64M"}
"""


@pytest.fixture
def spec_file(tmp_path: Path) -> str:
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    return str(file)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Submit from a directory of its own."""
    monkeypatch.chdir(tmp_path)


def write(directory: Path, name: str, text: str) -> str:
    file = directory / name
    file.write_text(text, "utf-8")
    return str(file)


def count(api: Api) -> int:
    return len(api.result("GET", "api/v1/experiment"))


def test_the_id_alone_goes_to_stdout(run: Run, api: Api, spec_file: str) -> None:
    ran = run("submit", spec_file)
    assert ran.code == 0
    ident = ran.out.strip()
    assert ran.out == f"{ident}\n"
    assert ran.err == (f"from-file is Accepted; `submarine-jupyter logs -f {ident}` follows it\n")
    variables = api.get(ident)["spec"]["meta"]["envVars"]
    assert variables == {"SUBMARINE_WORKDIR": str(Path.cwd()), "SUBMARINE_PYTHON": sys.executable}
    assert api.wait_for_end(ident) == "Succeeded"


def test_only_a_terminal_is_told_that_the_server_is_being_started(
    data_dir: Path, spec_file: str
) -> None:
    first = in_terminal("submit", spec_file)
    assert SENTENCE in first.out
    assert SENTENCE not in in_terminal("submit", spec_file).out
    launch.stop()
    piped = run_process("submit", spec_file, "--json")
    assert piped.json["status"] == "Accepted"
    assert SENTENCE not in piped.err


def test_a_shell_can_take_the_id(api: Api, spec_file: str) -> None:
    command = " ".join(MODULE)
    script = f'id=$({command} submit "$1" --wait) && {command} logs "$id"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", spec_file],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "said\n", "")


def test_json_in_and_out(run: Run, api: Api, tmp_path: Path) -> None:
    file = write(tmp_path, "spec.json", json.dumps(yaml.safe_load(SPEC), indent="\t"))
    created = run("submit", file, "--json")
    assert created.json["status"] == "Accepted"
    waited = run("submit", file, "--json", "--wait")
    assert waited.code == 0
    assert waited.json == api.get(waited.json["experimentId"])
    assert waited.json["status"] == "Succeeded"


def test_standard_input(api: Api) -> None:
    ran = run_process("submit", "-", "--name", "piped", stdin=SPEC)
    assert ran.code == 0
    assert api.get(ran.out.strip())["spec"]["meta"]["name"] == "piped"
    broken = run_process("submit", "-", stdin="meta: {\n")
    assert broken.code == 1
    assert broken.err.startswith("submarine-jupyter: standard input, line 2, column 1: not valid")


def test_flags_and_fields_change_a_spec(run: Run, api: Api, spec_file: str) -> None:
    ran = run(
        *("submit", spec_file, "--name", "other", "--tags", "a,b", "--replicas", "Worker=2"),
        *("--resources", "cpu=0.5,memory=32M", "-e", "LR=0.1", "--set", "meta.cmd=echo a=b"),
        *("--set", 'meta.tags=["c", 3]', "--set", "spec.Worker.envVars.N=1"),
        *("--set", "environment.image=some/image:1"),
    )
    spec = api.get(ran.out.strip())["spec"]
    assert spec["meta"]["name"] == "other"
    assert spec["meta"]["cmd"] == "echo a=b"
    assert spec["meta"]["tags"] == ["c", "3"]
    assert spec["meta"]["envVars"]["LR"] == "0.1"
    assert spec["environment"]["image"] == "some/image:1"
    worker = spec["spec"]["Worker"]
    assert (worker["replicas"], worker["resources"]) == (2, "cpu=0.5,memory=32M")
    assert worker["envVars"]["N"] == "1"


def test_a_program_runs_in_every_replica(run: Run, api: Api, tmp_path: Path) -> None:
    # The first to fail ends the other, so each waits until both have said something.
    source = (
        "import os, pathlib, time\n"
        "here = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR'])\n"
        "print('ü', os.environ['SUBMARINE_ROLE'], os.environ['LR'])\n"
        "(here / os.environ['SUBMARINE_ROLE']).touch()\n"
        "while len(list(here.glob('*er'))) < 2: time.sleep(0.01)\n"
        "1 / LR\n"
    )
    file = write(tmp_path, "My train.py", source)
    ran = run(
        *("submit", file, "--framework", "PyTorch", "--replicas", "Master=1,Worker=1"),
        *("-e", "LR=0.5", "--follow"),
    )
    assert ran.code == 3
    ident, *lines = ran.out.splitlines()
    assert "master-0 | ü Master 0.5" in lines
    assert any(f'|   File "{file}", line 6, in <module>' in line for line in lines)
    meta = api.get(ident)["spec"]["meta"]
    assert meta["name"] == "my-train"
    assert decode_cell(meta["cmd"]) == source
    assert "ended Failed: " in ran.err


BAD_SPECS = [
    ("meta: {", [], "spec.yaml, line 1, column 8: not valid YAML or JSON"),
    ("meta:\n  name: a\n   cmd: b\n", [], "spec.yaml, line 3, column 7: not valid YAML or JSON"),
    ("- a", [], "spec.yaml: a spec is a mapping"),
    ("meta: {name: a}\nspec: {}", [], "spec.yaml: environment: is missing"),
    (SPEC.replace("From-File", "a b"), [], "spec.yaml, line 3: meta.name: 'a b' is no valid name"),
    (SPEC.replace("cpu=1", "cpu=x"), [], "spec.yaml, line 8: spec.Worker.resources: cpu=x is no"),
    (SPEC.replace("  cmd: echo said\n", ""), [], "spec.yaml, line 2: meta.cmd: is missing"),
    (SPEC.replace("Worker", "Boss"), [], "spec.yaml, line 8: spec.Boss: Unrecognized replica type"),
    ("meta: a\nspec: {}", [], "spec.yaml, line 1: meta: must be a mapping, not 'a'"),
    # What a flag says stands on no line.
    (SPEC, ["--framework", "Caffe"], "spec.yaml: meta.framework: Unsupported framework name"),
    (SPEC, ["--set", "spec.Worker.replicas=0"], "spec.yaml: spec.Worker.replicas: 0 is too few"),
]


@pytest.mark.parametrize(("text", "options", "says"), BAD_SPECS)
def test_what_is_wrong_with_a_spec(
    text: str, options: list[str], says: str, run: Run, api: Api
) -> None:
    before = count(api)
    Path("spec.yaml").write_text(text)
    ran = run("submit", "spec.yaml", *options)
    assert (ran.code, ran.out) == (1, "")
    assert f"submarine-jupyter: {says}" in ran.err
    assert count(api) == before


def test_every_problem_is_named(run: Run, api: Api, tmp_path: Path) -> None:
    text = SPEC.replace("From-File", "a b").replace("cpu=1", "cpu=x").replace("Worker", "Boss")
    assert len(run("submit", write(tmp_path, "spec.yaml", text)).err.splitlines()) == 3


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\ny = = 2\n", "a.py, line 2: invalid syntax"),
        ("await x", "a.py, line 1: "),
        ("x = '\0'", "a.py: "),
    ],
)
def test_what_is_wrong_with_a_program(
    source: str, says: str, run: Run, api: Api, tmp_path: Path
) -> None:
    ran = run("submit", write(tmp_path, "a.py", source))
    assert ran.code == 1
    assert says in ran.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["none.yaml"], "none.yaml cannot be read: No such file or directory"),
        (["SPEC", "--set", "meta.cmd"], "--set: 'meta.cmd' is not of the form meta.cmd=VALUE"),
        (["SPEC", "--set", "meta..cmd=1"], "is not of the form"),
        (["SPEC", "--set", "meta.name.a=1"], "--set: meta.name.a: name is no mapping"),
        (["SPEC", "--replicas", "2"], "--replicas: '2' is not of the form"),
        (["SPEC", "-e", "A"], "-e/--env: 'A' is not of the form"),
        (["SPEC", "--wait", "--follow"], "not allowed with"),
        (["SPEC", "--follow", "--json"], "--follow: prints log lines"),
    ],
)
def test_wrong_calls(options: list[str], says: str, run: Run, api: Api, spec_file: str) -> None:
    before = count(api)
    ran = run("submit", *(spec_file if option == "SPEC" else option for option in options))
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert count(api) == before


def test_a_file_that_is_no_text(run: Run, api: Api, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_bytes(b"meta: \xff")
    ran = run("submit", str(file))
    assert ran.code == 2
    assert "is no UTF-8 text" in ran.err


def test_a_dry_run_says_what_would_run(run: Run, api: Api, spec_file: str, tmp_path: Path) -> None:
    before = count(api)
    ran = run(
        "submit", spec_file, "--dry-run", "--replicas", "Worker=2", "--set", "code.syncMode=s3"
    )
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["Pod", "worker-0", "worker-1"]
    assert "echo said" in ran.out
    assert "ignored: code: " in ran.err
    assert "Nothing was submitted" in ran.err
    plan = run("submit", spec_file, "--dry-run", "--json").json
    assert plan["pods"][0]["argv"] == ["echo", "said"]
    program = write(tmp_path, "a.py", "x = 1")
    assert f"{sys.executable} -c (the program)\n" in run("submit", program, "--dry-run").out
    assert count(api) == before
    wrong = run("submit", spec_file, "--dry-run", "--replicas", "Worker=0")
    assert wrong.code == 1


def test_waiting_for_a_bad_end(run: Run, api: Api, spec_file: str) -> None:
    ran = run("submit", spec_file, "--wait", "--set", "meta.cmd=sh -c 'exit 7'")
    assert ran.code == 3
    assert api.status(ran.out.strip()) == "Failed"
    assert "worker-0 exited with code 7" in ran.err
    as_json = run("submit", spec_file, "--wait", "--json", "--set", "meta.cmd=false")
    assert as_json.code == 3
    assert as_json.json["status"] == "Failed"


def test_a_terminal_shows_the_status_meanwhile(api: Api, spec_file: str) -> None:
    ran = in_terminal("submit", spec_file, "--wait", "--set", "meta.cmd=sleep 1")
    assert ran.code == 0
    assert "from-file: Running" in ran.out


def test_an_interrupt_while_waiting_leaves_the_run_alone(api: Api, spec_file: str) -> None:
    process = subprocess.Popen(
        [*MODULE, "submit", spec_file, "--wait", "--set", "meta.cmd=sleep 600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    ident = process.stdout.readline().strip()
    api.wait_for(ident, "Running")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    assert f"{ident} goes on" in err
    assert api.status(ident) == "Running"
    api.call("DELETE", f"api/v1/experiment/{ident}")


def test_submitting_starts_the_embedded_server(run: Run, tmp_path: Path, spec_file: str) -> None:
    directory = tmp_path / "new"
    try:
        ran = run("submit", spec_file, "--wait", "--data-dir", str(directory))
        assert ran.code == 0
        assert launch.find(directory) is not None
    finally:
        launch.stop(directory)
