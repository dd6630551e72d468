"""The command as tests call it: in this process, as a process, and in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from submarine_jupyter import launch
from submarine_jupyter.cli import main

from ..server.api import Api

MODULE = [sys.executable, "-m", "submarine_jupyter.cli"]
TIMEOUT = 60


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the tests are run with out of what they test."""
    for name in list(os.environ):
        if name.startswith("SUBMARINE_") or name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the data directory of a server that the tests of a module share."""
    directory: Path = tmp_path_factory.mktemp("data")
    launch.ensure(directory)
    yield directory
    launch.stop(directory)


@pytest.fixture
def api(shared_dir: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Return the API of the server that commands find."""
    monkeypatch.setenv("SUBMARINE_DATA_DIR", str(shared_dir))
    return Api(launch.ensure(shared_dir))


@pytest.fixture
def run(clean_environment: None, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in this process."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse ends so
            code = int(ended.code or 0)
        return Ran(code, *capsys.readouterr())

    return run


def run_process(*arguments: str, stdin: str | None = None) -> Ran:
    """Run a command in a process of its own, without a terminal."""
    done = subprocess.run(
        [*MODULE, *arguments],
        input=stdin or "",
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def in_terminal(*arguments: str, columns: int = 100, answer: str | None = None) -> Ran:
    """Run a command in a terminal, where `answer` is typed; `out` has both outputs."""
    child = pexpect.spawn(
        MODULE[0],
        [*MODULE[1:], *arguments],
        # Not as the process has it: libraries put the width of another terminal there.
        env=dict(os.environ),
        dimensions=(24, columns),
        timeout=TIMEOUT,
        encoding="utf8",
    )
    if answer is not None:
        child.expect(r"\[y/N\] ")
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    return Ran(child.exitstatus, str(child.before).replace("\r\n", "\n"), "")
