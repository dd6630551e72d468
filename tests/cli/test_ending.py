"""`wait`, `cancel`, `delete`: ends of runs, and of what they left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..server.api import Api, experiment, python
from .conftest import Run, in_terminal, run_process

SLEEP = python("import time; time.sleep(600)")


@pytest.fixture
def running(api: Api) -> Iterator[str]:
    """Yield an experiment that goes on until it is ended."""
    ident = api.create(experiment(SLEEP))
    api.wait_for(ident, "Running")
    yield ident
    api.call("DELETE", f"api/v1/experiment/{ident}")


def test_waiting(run: Run, api: Api) -> None:
    ident = api.create(experiment(python("import time; time.sleep(0.5)")))
    ran = run("wait", ident)
    assert (ran.code, ran.out, ran.err) == (0, f"{ident} Succeeded\n", "")
    failing = api.create(experiment(python("raise SystemExit(3)")))
    ran = run("wait", failing, "--timeout", "60")
    assert (ran.code, ran.out) == (3, "")
    assert "worker-0 exited with code 3" in ran.err


def test_waiting_has_an_end(run: Run, running: str) -> None:
    ran = run("wait", running, "--timeout", "0.5")
    assert ran.code == 124
    assert ran.err == (
        f"submarine-jupyter: {running} is still Running after 0.5 s; it goes on, so wait again or "
        "stop it\n"
    )
    for wrong in ("0", "-1", "soon", "inf", "nan"):
        assert run("wait", running, f"--timeout={wrong}").code == 2


def test_cancelled_runs_keep_their_logs(run: Run, api: Api, running: str) -> None:
    ran = run("cancel", running)
    assert (ran.code, ran.out) == (0, f"{running} is being stopped; its logs stay\n")
    assert api.wait_for_end(running) == "Failed"
    assert run("wait", running).code == 3
    assert run("cancel", running).out == f"{running} is over already: Failed\n"
    assert run("logs", running).code == 0


def test_deleting_without_a_terminal_wants_a_yes(run: Run, api: Api, running: str) -> None:
    ran = run_process("delete", running)
    assert (ran.code, ran.out) == (2, "")
    assert "give --yes" in ran.err
    assert api.status(running) == "Running"
    other = api.create(experiment("true"))
    ran = run_process("delete", running, other, running, "--yes")
    assert (ran.code, ran.out) == (0, f"{running} is deleted\n{other} is deleted\n")
    assert run("get", running).code == 4


def test_nothing_is_deleted_when_one_is_unknown(run: Run, api: Api) -> None:
    ident = api.create(experiment("true"))
    assert run("delete", "--yes", ident, "experiment-1-0001").code == 4
    assert api.wait_for_end(ident) == "Succeeded"


def test_a_terminal_is_asked(api: Api) -> None:
    ident = api.create(experiment("true"))
    api.wait_for_end(ident)
    for answer in ("", "n", "what"):
        ran = in_terminal("delete", ident, answer=answer)
        assert ran.code == 1
        assert "Nothing is deleted." in ran.out
    assert api.status(ident) == "Succeeded"
    ran = in_terminal("delete", ident, answer="Yes")
    assert ran.code == 0
    assert f"{ident} is deleted" in ran.out
    assert api.call("GET", f"api/v1/experiment/{ident}").status_code == 404
