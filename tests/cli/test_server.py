"""`status` and `stop`: the server; and what the command loads before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from submarine_jupyter import launch
from submarine_jupyter.cli.parser import COMMANDS

from ..test_imports import HEAVY
from .conftest import MODULE, Run


def test_status_and_stop(run: Run, tmp_path: Path) -> None:
    place = ("--data-dir", str(tmp_path))
    assert (run("status", *place).code, run("status", *place).out) == (1, "no server is running\n")
    assert run("status", "--json", *place).json == {"running": False}
    server = launch.ensure(tmp_path)
    try:
        ran = run("status", *place)
        assert (ran.code, ran.out) == (0, f"running at {server.url} (pid {server.pid})\n")
        assert run("status", "--json", *place).json == {
            "running": True,
            "url": server.url,
            "pid": server.pid,
            "version": server.version,
            "server": server.server_id,
        }
        ran = run("stop", "0003", *place)
        assert ran.code == 2
        assert "`submarine-jupyter cancel 0003` ends a run" in ran.err
        assert launch.find(tmp_path) == server
        assert (run("stop", *place).out, launch.find(tmp_path)) == ("stopped\n", None)
        assert run("stop", *place).out == "no server was running\n"
    finally:
        launch.stop(tmp_path)


def test_help_names_commands_and_exit_codes(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert all(f"    {command.name} " in ran.out for command in COMMANDS)
    for code in (0, 1, 2, 3, 4, 124, 130, 141):
        assert f"\n  {code:<4} " in ran.out


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_has_help(command: str, run: Run) -> None:
    ran = run(command, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: submarine-jupyter {command} ")


@pytest.mark.parametrize("arguments", [[], ["lst"], ["--json"]])
def test_no_command(arguments: list[str], run: Run) -> None:
    assert run(*arguments).code == 2


def loaded_by(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom submarine_jupyter.cli import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print('\\n', *sys.modules)"
    )
    out = subprocess.check_output([sys.executable, "-c", program], text=True)
    return set(out.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    assert not (HEAVY | {"rich"}) & loaded_by("--help")
    assert not (HEAVY | {"rich"}) & loaded_by("submit", "--help")


def test_no_client_command_loads_the_server(tmp_path: Path) -> None:
    loaded = loaded_by("list", "--data-dir", str(tmp_path))
    assert {"requests", "rich"} <= loaded
    assert not {"fastapi", "sqlalchemy", "uvicorn", "IPython", "jupyter_server"} & loaded


def test_the_script_is_the_module() -> None:
    script = Path(sys.executable).parent / "submarine-jupyter"
    texts = [
        subprocess.check_output([*command, "--help"], text=True) for command in ([script], MODULE)
    ]
    assert texts[0] == texts[1]
