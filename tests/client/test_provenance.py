"""Where a run comes from: what is collected, and how it travels."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from submarine_jupyter.client import provenance
from submarine_jupyter.client.provenance import (
    CELL_HASH,
    COMMIT,
    DIRTY,
    MAX_PACKAGES,
    NAMES,
    NOTEBOOK,
    PACKAGES,
    PACKAGES_HASH,
    PYTHON_VERSION,
    collect,
    packages_of,
    record,
    record_again,
)


def git(directory: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    command = ["git", *identity, "-C", str(directory), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "train.py").write_text("print(1)\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "remote", "add", "origin", "https://me:s3cret@git.example/me/project.git")
    return tmp_path


def test_git_commit_and_dirty_flag(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    below = repository / "notebooks"
    below.mkdir()
    (below / "new.ipynb").write_text("{}")
    assert {name: collect(below).get(name) for name in (COMMIT, DIRTY)} == {
        COMMIT: commit,
        DIRTY: "false",
    }
    (repository / "train.py").write_text("print(2)\n")
    collected = collect(below)
    assert collected[DIRTY] == "true"
    assert "s3cret" not in str(collected)
    assert "git.example" not in str(collected)


def test_without_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert not {COMMIT, DIRTY} & set(collect(tmp_path))
    assert not {COMMIT, DIRTY} & set(collect(tmp_path / "none"))
    git(tmp_path, "init", "-q")
    assert not {COMMIT, DIRTY} & set(collect(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))  # no git at all
    assert not {COMMIT, DIRTY} & set(collect(tmp_path))


def test_program_and_notebook(tmp_path: Path) -> None:
    collected = collect(tmp_path, "print(1)\n", "work/train.ipynb")
    assert collected[NOTEBOOK] == "work/train.ipynb"
    assert collected[CELL_HASH].startswith("sha256:")
    assert collect(tmp_path, "print(1)\n")[CELL_HASH] == collected[CELL_HASH]
    assert collect(tmp_path, "print(2)\n")[CELL_HASH] != collected[CELL_HASH]
    assert not {NOTEBOOK, CELL_HASH} & set(collect(tmp_path))
    assert set(collected) <= set(NAMES)
    assert not any("\n" in value or len(value) > MAX_PACKAGES for value in collected.values())


def test_packages_are_a_freeze(tmp_path: Path) -> None:
    collected = collect(tmp_path)
    packages = packages_of(collected)
    assert packages["pydantic"] == version("pydantic")
    assert packages["pyyaml"] == version("PyYAML")
    assert packages["import-linter"] == version("import-linter")
    assert collected[PYTHON_VERSION] == ".".join(map(str, sys.version_info[:3]))


def test_packages_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3_000):
        (tmp_path / f"package_{number:04}-1.0.{number}.dist-info").mkdir()
    (tmp_path / "old_egg-2.0-py3.8.egg-info").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    collected = collect(tmp_path)
    packages = packages_of(collected)
    assert len(collected[PACKAGES]) <= MAX_PACKAGES
    assert packages["old-egg"] == "2.0"
    assert packages["package-0000"] == "1.0.0"
    assert "package-2999" not in packages
    # What is cut off still tells two runs apart.
    (tmp_path / "package_2999-1.0.2999.dist-info").rename(tmp_path / "package_2999-2.dist-info")
    again = collect(tmp_path)
    assert again[PACKAGES] == collected[PACKAGES]
    assert again[PACKAGES_HASH] != collected[PACKAGES_HASH]


def test_a_new_run_replaces_what_an_earlier_one_had() -> None:
    spec = {"meta": {"envVars": {"A": "1", COMMIT: "old", NOTEBOOK: "a.ipynb", DIRTY: "true"}}}
    record(spec, {DIRTY: "false"})
    assert spec["meta"]["envVars"] == {"A": "1", NOTEBOOK: "a.ipynb", DIRTY: "false"}
    bare: dict[str, dict[str, object]] = {"meta": {"envVars": None}}
    record(bare, {COMMIT: "new"})
    assert bare["meta"]["envVars"] == {COMMIT: "new"}


def test_a_slow_git_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(provenance, "_PATIENCE", 0.1)
    assert COMMIT not in collect(tmp_path)


def test_a_clone_is_of_now(repository: Path) -> None:
    def cloned(**variables: str) -> dict[str, str]:
        spec = {"meta": {"envVars": {"SUBMARINE_WORKDIR": str(repository), **variables}}}
        record_again(spec)
        return spec["meta"]["envVars"]

    old = {COMMIT: "old", PACKAGES: "numpy==0.1", CELL_HASH: "sha256:a", NOTEBOOK: "a.ipynb"}
    again = cloned(**old, SUBMARINE_PYTHON=sys.executable)
    assert again[COMMIT] == git(repository, "rev-parse", "HEAD")
    assert packages_of(again)["pydantic"] == version("pydantic")
    assert (again[CELL_HASH], again[NOTEBOOK]) == ("sha256:a", "a.ipynb")
    # Another interpreter's packages are not known here.
    assert PACKAGES not in cloned(**old, SUBMARINE_PYTHON="/other/python")
    # What never said where it comes from goes on not to.
    assert cloned(A="1") == {"SUBMARINE_WORKDIR": str(repository), "A": "1"}
