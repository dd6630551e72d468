"""The commands in IPython without a kernel: plain text, and no widgets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect

PROGRAM = """\
shell = get_ipython()
shell.run_line_magic("load_ext", "submarine_jupyter")
shell.run_cell_magic("submarine", "experiment --wait --name plain", "print('from a terminal')")
shell.run_line_magic("submarine", "logs")
shell.run_line_magic("submarine", "list")
shell.run_cell_magic("submarine", "experiment --wait --grid n=1,2", "print({{n}})")
shell.run_line_magic("submarine", "compre")
"""


def test_everything_reads_as_text(data_dir: Path, tmp_path: Path) -> None:
    script = tmp_path / "session.ipy"
    script.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "from a terminal" in done.stdout
    assert "plain" in done.stdout
    assert done.stdout.count("Succeeded") >= 3
    assert "There is no `%submarine compre`; did you mean compare?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "<IPython" not in done.stdout
    assert "<div" not in done.stdout


WAITING = """\
shell = get_ipython()
shell.run_line_magic("load_ext", "submarine_jupyter")
program = "import time; print('w' * 200); time.sleep(1.5)"
shell.run_cell_magic("submarine", "experiment --wait --name waited", program)
"""


def seen(directory: Path, **env: str) -> str:
    """Return what a terminal gets, byte by byte, while a session waits in it."""
    script = directory / "waiting.ipy"
    script.write_text(WAITING)
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    session = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--no-banner", str(script)],
        cwd=str(directory),
        env={**kept, "TERM": "xterm-256color", **env},
        dimensions=(24, 60),
        encoding="utf-8",
        timeout=60,
    )
    session.expect(pexpect.EOF)
    session.close()
    return str(session.before)


def test_waiting_in_a_terminal(data_dir: Path, tmp_path: Path) -> None:
    coloured = seen(tmp_path)
    assert "\x1b[34mRunning\x1b[0m, waiting since" in coloured
    assert "\x1b[32mSucceeded\x1b[0m, waited" in coloured
    assert "\r\x1b[2K" in coloured
    # What is written over must not reach a second row.
    lines = [line for line in coloured.split("\x1b[2K")[1:] if "w" * 10 in line]
    assert lines
    assert all("w" * 50 not in line.splitlines()[0] for line in lines)
    plain = seen(tmp_path, NO_COLOR="1")
    assert "\r\x1b[2Kwaited: Succeeded, waited" in plain


def test_waiting_where_nothing_can_be_written_over(data_dir: Path, tmp_path: Path) -> None:
    dumb = seen(tmp_path, TERM="dumb")
    assert "waited: Succeeded, waited" in dumb
    assert "\x1b[2K" not in dumb
    assert dumb.count("waited: Running, waiting since") == 1
