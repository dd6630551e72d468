"""Where a run comes from: notebook, cell, git commit and packages, kept with the experiment.

It travels as common environment variables, which every server of the API takes, keeps and
answers, and which the program can read. It holds no address of a repository and no package's
origin, since both may contain passwords.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .place import PYTHON, WORKDIR

NOTEBOOK = "SUBMARINE_NOTEBOOK"
CELL_HASH = "SUBMARINE_CELL_HASH"
COMMIT = "SUBMARINE_GIT_COMMIT"
DIRTY = "SUBMARINE_GIT_DIRTY"
PYTHON_VERSION = "SUBMARINE_PYTHON_VERSION"
PACKAGES = "SUBMARINE_PACKAGES"
PACKAGES_HASH = "SUBMARINE_PACKAGES_HASH"

NAMES = (NOTEBOOK, CELL_HASH, COMMIT, DIRTY, PYTHON_VERSION, PACKAGES, PACKAGES_HASH)

MAX_PACKAGES = 16_000
"""Characters that the list of packages takes at most, some 800 packages."""

_MAX_PATH = 1_000
_PATIENCE = 2.0

# What a clone keeps when it is submitted from somewhere else: the program is still that cell's.
_OF_THE_PROGRAM = (NOTEBOOK, CELL_HASH)


def collect(
    directory: str | os.PathLike[str], source: str | None = None, notebook: str | None = None
) -> dict[str, str]:
    """Return where a run comes from, as environment variables for `meta.envVars`.

    What cannot be found out is left out: git is asked for two seconds at most.

    Parameters
    ----------
    directory
        That of the notebook or program; its git commit is taken.
    source
        The program's text, of which the hash is taken.
    notebook
        Path of the notebook.

    Examples
    --------
    >>> collect(".", "print(1)", "train.ipynb")                            # doctest: +SKIP
    {'SUBMARINE_NOTEBOOK': 'train.ipynb', 'SUBMARINE_CELL_HASH': 'sha256:…', …}
    """
    found = _git(directory)
    packages = " ".join(_installed())
    found[PYTHON_VERSION] = platform.python_version()
    found[PACKAGES] = _within(packages, MAX_PACKAGES)
    found[PACKAGES_HASH] = _hash(packages)
    if source is not None:
        found[CELL_HASH] = _hash(source)
    if notebook:
        found[NOTEBOOK] = notebook[-_MAX_PATH:]
    return {name: found[name] for name in NAMES if name in found}


def notebook_path() -> str | None:
    """Return the path of this kernel's notebook; None where a kernel is not told, or runs none."""
    path = os.environ.get("JPY_SESSION_NAME") or ""
    return path if path.endswith(".ipynb") else None


def record(spec: dict[str, Any], collected: Mapping[str, str]) -> None:
    """Put what was collected into a spec, in place of what it has from an earlier run."""
    meta = spec["meta"]
    kept = {
        name: value
        for name, value in (meta.get("envVars") or {}).items()
        if name not in NAMES or name in _OF_THE_PROGRAM
    }
    meta["envVars"] = {**kept, **collected}


def record_again(spec: dict[str, Any]) -> None:
    """Bring what a spec has from an earlier run up to date, where it has any.

    The packages are known only if they are this interpreter's.
    """
    variables = spec["meta"].get("envVars") or {}
    if not set(NAMES) & set(variables):
        return
    directory = variables.get(WORKDIR) or ""
    collected = collect(directory if Path(directory).is_dir() else Path.cwd())
    if variables.get(PYTHON, sys.executable) != sys.executable:
        collected = {name: collected[name] for name in (COMMIT, DIRTY) if name in collected}
    record(spec, collected)


def packages_of(variables: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions of the packages that are recorded in environment variables."""
    pins = (pin.partition("==") for pin in str(variables.get(PACKAGES) or "").split())
    return {name: version for name, equals, version in pins if equals}


def _installed() -> list[str]:
    """Return `name==version` of every package that this interpreter finds.

    The names of the directories say it; reading each package's own file takes a hundred times
    as long.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        for name, version in _packages_in(place or "."):
            found.setdefault(name, version)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _packages_in(place: str) -> Iterator[tuple[str, str]]:
    try:
        names = os.listdir(place)  # noqa: PTH208 - only the names are wanted, of a hundred or more
    except OSError:
        return
    for directory in names:
        stem, kind = os.path.splitext(directory)  # noqa: PTH122 - it is no path
        name, dash, version = stem.partition("-")
        if kind in (".dist-info", ".egg-info") and dash:
            # An egg's name goes on with the version of Python.
            yield name.lower().replace("_", "-"), version.partition("-")[0]


def _git(directory: str | os.PathLike[str]) -> dict[str, str]:
    """Return commit and dirty flag; untracked files count as little as for `git describe`."""
    ask = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", os.fspath(directory)]
    ask += ["status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words and a directory
            ask, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = answer.stdout.decode(errors="replace").splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "")
    if not commit.isalnum():  # "(initial)"
        return {}
    is_dirty = any(not line.startswith("#") for line in lines)
    return {COMMIT: commit, DIRTY: str(is_dirty).lower()}


def _within(text: str, limit: int) -> str:
    """Return the whole words of a text that fit."""
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0]


def _hash(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
