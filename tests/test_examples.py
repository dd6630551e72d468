"""The examples run to their end, as `make demo` runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


def test_the_quickstart_runs_headless_and_leaves_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "run_headless.py")]
    notebook = ROOT / "examples" / "quickstart.ipynb"
    done = subprocess.run(
        [*command, str(notebook)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^experiment: experiment-\d+-0001$", done.stdout, re.MULTILINE)
    assert re.search(r"^status: Succeeded$", done.stdout, re.MULTILINE)
    accuracy = re.search(r"^accuracy: (0\.\d+)$", done.stdout, re.MULTILINE)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.93
    assert (tmp_path / "build" / "demo" / "quickstart.ipynb").stat().st_size < 50_000
    assert not [p for p in psutil.process_iter(["cwd"]) if str(tmp_path) in (p.info["cwd"] or "")]


def test_the_saved_quickstart_shows_what_comes_out() -> None:
    """Who only reads it, as on GitHub, runs no script."""
    notebook = json.loads((ROOT / "examples" / "quickstart.ipynb").read_text())
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    shown = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    experiments = [html for html in shown if "Succeeded" in html and "<svg" in html]
    assert experiments, "run `make saved-examples`"
    assert not any("<script" in html or "src=" in html for html in shown)
    assert not [output for output in outputs if output["output_type"] == "error"]
