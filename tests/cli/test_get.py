"""`get` and `events`: what is known of one experiment."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ..client.relay import Answer, envelope, serve
from ..server.api import Api, experiment, python
from .conftest import Run, in_terminal, run_process

EVIL = "x\x1b]0;title\x07\x1b[2J[red]y[/red]\u202e"


@pytest.fixture
def ended(api: Api) -> str:
    """Return an experiment that has failed, with secrets in its spec."""
    spec = experiment(python("raise SystemExit(3)"), env={"HF_TOKEN": "hide-1", "LR": "0.1"})
    spec["meta"]["tags"] = ["[bold]a[/bold]", "b"]
    spec["spec"]["Worker"]["envVars"] = {"API_KEY": "hide-2", "EPOCHS": "3"}
    ident = api.create(spec)
    assert api.wait_for_end(ident) == "Failed"
    return ident


def test_get_shows_all_there_is(run: Run, ended: str) -> None:
    ran = run("get", ended)
    assert ran.code == 0
    facts = dict(line.split(maxsplit=1) for line in ran.out.split("\n\n")[0].splitlines())
    assert facts["Id"] == ended
    assert facts["Status"] == "Failed: worker-0 exited with code 3"
    assert facts["Tags"] == "[bold]a[/bold], b"
    pods, spec = ran.out.split("\nPods\n")[1].split("\nSpec\n")
    assert pods.splitlines()[1].split()[:3] == ["worker-0", "Failed", "3"]
    written = yaml.safe_load(spec)
    assert written["meta"]["envVars"]["LR"] == "0.1"
    assert written["spec"]["Worker"] == {
        "replicas": 1,
        "resources": "cpu=0.1,memory=64M",
        "envVars": {"API_KEY": "********", "EPOCHS": "3"},
    }
    assert "hide" not in ran.out


def test_an_id_stays_whole_in_a_narrow_terminal(ended: str) -> None:
    assert ended in in_terminal("get", ended, columns=30).out


def test_other_forms_hold_what_the_api_answers(run: Run, api: Api, ended: str) -> None:
    answered = api.get(ended)
    assert run("get", ended, "--json").json == answered
    assert yaml.safe_load(run("get", ended, "--yaml").out) == answered
    assert "hide-1" in str(answered)
    assert run("get", ended, "--yaml", "--json").code == 2


def test_a_program_is_shown_as_its_author_wrote_it(run: Run, api: Api, tmp_path: Path) -> None:
    source = "import os\nprint('über', '\\x1b')\n"
    file = tmp_path / "a.py"
    file.write_text(source, "utf-8")
    ident = run("submit", str(file)).out.strip()
    shown = run("get", ident).out
    assert shown.endswith(f"\nProgram\n{source}")
    assert "cmd: (the program below)" in shown


def test_events(run: Run, api: Api, ended: str) -> None:
    ran = run("events", ended)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == ["Time", "What", "Pod", "Message"]
    assert [line.split()[2] for line in lines[1:3]] == ["Accepted", "Created"]
    assert any("worker-0  exit code 3" in line for line in lines)
    assert run("events", ended, "--json").json == api.events(ended)


def test_followed_events_end_with_the_experiment(run: Run, api: Api) -> None:
    ident = api.create(experiment(python("import time; time.sleep(0.5)")))
    ran = run("events", "-f", ident)
    assert ran.code == 0
    words = [line.split()[2] for line in ran.out.splitlines()]
    assert words[0] == "Accepted"
    assert words[-1] == "Succeeded"
    followed = run_process("events", "-f", "--json", ident).out.splitlines()
    assert [yaml.safe_load(line) for line in followed] == api.events(ident)


def foreign(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Answer as a server that knows only the plain API, and is not to be trusted."""
    ident = "experiment-1-0001"
    task = {"replicas": 2, "envVars": {"A": EVIL}}
    entry = {
        "experimentId": ident,
        "status": "Failed",
        "acceptedTime": "2022-03-18T15:51:04.000+08:00",
        "spec": {
            "meta": {"name": EVIL, "framework": "PyTorch", "tags": [EVIL], "cmd": EVIL},
            "spec": {f"Worker{EVIL}": task},
        },
    }
    pods = [f"{ident}-worker{EVIL.lower()}-{index}" for index in (0, 1)]
    lines = [{"podName": pod, "podLog": [EVIL]} for pod in pods]
    answers = {
        "/api/v1/experiment": [entry],
        f"/api/v1/experiment/{ident}": entry,
        f"/api/v1/experiment/logs/{ident}": {"experimentId": ident, "logContent": lines},
    }
    if path in answers:
        return envelope(answers[path])
    return envelope(None, 404, f"Not found {EVIL}")


@pytest.mark.parametrize("command", ["list", "get", "logs", "get --yaml", "list --json"])
def test_nothing_from_a_server_rules_the_terminal(command: str, clean_environment: None) -> None:
    with serve(foreign) as url:
        name, *options = command.split()
        arguments = [name, *([] if name == "list" else ["0001"]), *options, "--url", url]
        ran = in_terminal(*arguments, columns=200)
    assert ran.code == 0
    assert "[red]y[/red]" in ran.out
    for unwanted in ("\x1b]", "\x1b[2J", "\x07", "\u202e"):
        assert unwanted not in ran.out


def test_a_server_without_our_additions(run: Run, clean_environment: None) -> None:
    with serve(foreign) as url:
        assert "experiment-1-0001" in run("list", "--tag", EVIL, "--url", url).out
        assert run("list", "--tag", "other", "--url", url).out == ""
        assert run("list", "--framework", "xgboost", "--url", url).out == ""
        ran = run("logs", "0001", "--url", url)
        assert ran.out == "".join(f"workerx[red]y[/red]-{n} | {EVIL}\n" for n in (0, 1))
        for command, says in (("events", "keeps no events"), ("cancel", "cannot end a run")):
            ran = run(command, "0001", "--url", url)
            assert ran.code == 1
            assert says in ran.err
