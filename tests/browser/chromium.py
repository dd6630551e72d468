"""A Chromium for the browser tests: one that is installed, else one from the system's packages,
else Playwright's own. Run as a program, it installs what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Without these a headless Chromium in a closed network spends its time on failing look-ups.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def find() -> str | None:
    """Return the path of an installed Chromium or Chrome; None leaves it to Playwright."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def install() -> None:
    """Install a Chromium unless there is one."""
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
        done = subprocess.run(
            ["apt-get", "install", "-y", "-qq", "chromium"], check=False, env=quiet
        )
        if done.returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
