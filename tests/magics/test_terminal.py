"""The commands in IPython without a kernel: plain text, and no widgets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
