"""Runs a part of a test where the system can be made to look otherwise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def enter(*namespaces: str) -> list[str]:
    """Return the command that enters new namespaces; skips the test where that cannot be done."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare, of util-linux, is not here")
    # Who is not root here can be root in a user namespace of his own.
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, *namespaces]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces can be made here: {tried.stderr.strip()}")
    return command


def tell(command: list[str], program: str, *arguments: str) -> Any:
    """Return the JSON that a module of this directory prints when it is run in namespaces."""
    module = f"{__package__}.{program}"
    done = subprocess.run(
        [*command, sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=100,
        check=True,
    )
    return json.loads(done.stdout)
