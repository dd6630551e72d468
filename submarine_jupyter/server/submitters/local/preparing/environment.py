"""Makes the environment of a run, unless it is there."""

from __future__ import annotations

import importlib.util
import json
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from .....spec import EnvironmentSpec
from ...run.files import ExperimentFiles
from ..environments import EnvironmentCache, EnvironmentPlace, Packages
from ..preparation import CONDAS
from .tools import Failed, Tools

# What tells pip where packages come from; uv reads other settings.
_SOURCES = ("index-url", "extra-index-url", "find-links", "no-index", "cert", "proxy")

# `python`, of a version or channel or not; no other package whose name begins so.
_PYTHON = re.compile(r"(\S*::)?python([ =<>!~].*)?")


def make(files: ExperimentFiles, tools: Tools, root: Path) -> None:
    """Make the environment that was kept for a run, unless it was made before."""
    environment = EnvironmentSpec.from_wire(json.loads(files.environment.read_text("utf-8")))
    packages = Packages.of(environment)
    if packages is None:
        return
    place = EnvironmentCache(root).place(packages)
    tools.say(f"preparing the environment {environment.name}: {', '.join(packages.names)}")
    if place.is_ready:
        tools.say(f"the environment {environment.name} was made before")
        return
    begun = time.monotonic()
    with _lock(place, tools):
        is_ours = _make_unless_ready(place, packages, tools)
    took = f"is ready after {time.monotonic() - begun:.1f} s" if is_ours else "was made meanwhile"
    tools.say(f"the environment {environment.name} {took}")


def _make_unless_ready(place: EnvironmentPlace, packages: Packages, tools: Tools) -> bool:
    """Make an environment; return whether that was still to be done."""
    if place.is_ready:
        return False
    made = place.begin(packages)
    _build(packages, made, tools)
    place.finish(made)
    return True


def _lock(place: EnvironmentPlace, tools: Tools) -> FileLock:
    lock = FileLock(place.making)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tools.say("waits for another run that is making this environment")
        try:
            lock.acquire(timeout=tools.time_left)
        except Timeout:
            raise Failed("another run took too long to make this environment") from None
    return lock


def _build(packages: Packages, prefix: Path, tools: Tools) -> None:
    if packages.conda:
        _build_with_conda(packages, prefix, tools)
    elif uv := _uv():
        tools.run([uv, "venv", "--python", sys.executable, prefix], "uv venv")
        python = prefix / "bin" / "python"
        requirements = _requirements(packages, prefix)
        tools.run([uv, "pip", "install", "--python", python, "-r", requirements], "uv pip install")
    else:
        # Without a pip of its own it is there in a moment; ours can install into it.
        own = ["--without-pip"] if _has_pip() else []
        tools.run([sys.executable, "-m", "venv", *own, prefix], "python -m venv")
        _pip_install(packages, prefix, tools)


def _build_with_conda(packages: Packages, prefix: Path, tools: Tools) -> None:
    conda = next((found for name in CONDAS if (found := shutil.which(name))), None)
    if conda is None:
        raise Failed(f"none of {', '.join(CONDAS)} is installed any more")
    tools.run(conda_command(conda, packages, prefix), f"{Path(conda).name} create")
    if packages.pip:
        python = prefix / "bin" / "python"
        requirements = _requirements(packages, prefix)
        tools.run([python, "-m", "pip", "install", *_QUIET, "-r", requirements], "pip install")


def conda_command(conda: str, packages: Packages, prefix: Path) -> list[str]:
    """Return what makes an environment; with the server's Python unless one is asked for."""
    channels = [word for channel in packages.channels for word in ("--channel", channel)]
    wanted = list(packages.conda)
    if not any(map(_PYTHON.fullmatch, wanted)):
        wanted.append(f"python={'.'.join(platform.python_version_tuple()[:2])}")
    if packages.pip and "pip" not in wanted:
        wanted.append("pip")
    return [conda, "create", "--yes", "--prefix", str(prefix), *channels, *wanted]


_QUIET = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off")


def _pip_install(packages: Packages, prefix: Path, tools: Tools) -> None:
    python = prefix / "bin" / "python"
    own: list[str | Path] = [sys.executable, "-m", "pip", "--python", python]
    pip = own if _has_pip() else [python, "-m", "pip"]
    requirements = _requirements(packages, prefix)
    tools.run([*pip, "install", *_QUIET, "-r", requirements], "pip install")


def _requirements(packages: Packages, prefix: Path) -> Path:
    """Write the packages to a file, where none can be taken for an option."""
    file = prefix.with_name("requirements.txt")
    file.write_text("".join(f"{name}\n" for name in packages.pip), encoding="utf-8")
    return file


def _has_pip() -> bool:
    return importlib.util.find_spec("pip") is not None


def _uv() -> str | None:
    """Return uv if it is there and finds packages where pip would."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None or not _has_pip():
        return uv
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    names = {line.partition("=")[0].rpartition(".")[2] for line in listed.splitlines()}
    return None if names & set(_SOURCES) else uv
