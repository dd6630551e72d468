"""Fetches the code of a run with git."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from .....datadir import make_private
from .....spec import ExperimentSpec
from .....spec.code import Repository, repository_of
from ...run.files import ExperimentFiles
from .tools import Tools

_HELPER = Path(__file__).with_name("credentials.py")
_DEPTH = ("--depth=1", "--single-branch", "--no-tags", "--template=")
_SUBMODULES = ("--recurse-submodules", "--shallow-submodules")
# What a user may have set for good reason; the rest could lead git astray.
_OWN = frozenset(
    {
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_EXEC_PATH",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
    }
)


def fetch(files: ExperimentFiles, tools: Tools, schemes: str) -> None:
    """Fetch the repository that a run's spec names; its credentials are gone afterwards.

    Parameters
    ----------
    schemes
        Of URLs that git may fetch from, divided by colons.
    """
    spec = ExperimentSpec.from_wire(json.loads(files.spec.read_text("utf-8")))
    repository = repository_of(spec.code)
    if repository is None:
        return
    branch = f"branch {repository.branch}" if repository.branch else "its own branch"
    tools.say(f"fetching the code of {repository.url}, {branch}")
    shutil.rmtree(files.code, ignore_errors=True)
    make_private(files.code)
    env = _environment(repository, files, schemes)
    chosen = [f"--branch={repository.branch}"] if repository.branch else []
    command = ["git", "clone", *_DEPTH, *_SUBMODULES, *chosen, "--"]
    coming = files.code / "coming"
    try:
        tools.run([*command, repository.url, coming], "git clone", env)
        # So it is there whole or not at all, whatever is killed.
        coming.rename(files.checkout)
    finally:
        files.credentials.unlink(missing_ok=True)
    tools.say(f"the code is there, at {_revision(files.checkout, env)}")


def _environment(repository: Repository, files: ExperimentFiles, schemes: str) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _OWN or not name.startswith("GIT_")
    }
    inherited.pop("SSH_ASKPASS", None)
    env = {
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=30",
        **inherited,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "GIT_ALLOW_PROTOCOL": schemes,
        "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
        "GIT_HTTP_LOW_SPEED_TIME": "60",
    }
    if repository.trust_certs:
        env["GIT_SSL_NO_VERIFY"] = "true"
    if files.credentials.exists():
        env |= _helper(repository, files.credentials)
    return env


def _helper(repository: Repository, credentials: Path) -> dict[str, str]:
    """Return the settings by which git asks nobody but our helper."""
    parts = urlsplit(repository.url)
    words = [sys.executable, "-S", "-I", str(_HELPER), str(credentials), parts.scheme, parts.netloc]
    settings = [("credential.helper", ""), ("credential.helper", f"!{shlex.join(words)}")]
    env = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def _revision(checkout: Path, env: dict[str, str]) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"]
    found = subprocess.run(  # noqa: S603 - all of it is our own
        command, env=env, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "an empty branch"
