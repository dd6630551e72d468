"""The supervisor's own promises: small, alone, once."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from submarine_jupyter.server.submitters.local import supervisor
from submarine_jupyter.server.submitters.local.files import ExperimentFiles, Facts

SOURCE = Path(supervisor.__file__)


def launch(directory: Path, *argv: str) -> None:
    pod = {
        "pod": "e-worker-0",
        "attempt": 1,
        "argv": list(argv),
        "cwd": str(directory),
        "env": {"SUBMARINE_POD_NAME": "e-worker-0", "PATH": "/bin:/usr/bin"},
        "umask": 0o022,
    }
    plan = {"v": 1, "deciding": ["e-worker-0"], "servants": [], "drain": 1, "grace": 1}
    (directory / "launch.json").write_text(json.dumps({**plan, "pods": [pod]}))


def supervise(directory: Path) -> None:
    command = [sys.executable, "-S", "-I", str(SOURCE), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout + done.stderr == ""


def test_it_imports_the_standard_library_alone() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
        )
    }
    assert imported <= sys.stdlib_module_names


def test_it_runs_an_experiment_once(tmp_path: Path) -> None:
    launch(tmp_path, "sh", "-c", "echo ran")
    supervise(tmp_path)
    supervise(tmp_path)
    files = ExperimentFiles(tmp_path)
    assert files.log("e-worker-0", 1).read_text() == "ran\n"
    facts = Facts(files.facts)
    facts.refresh()
    kinds = [fact["fact"] for fact in facts.entries]
    assert kinds == ["supervisor", "start", "exit", "gone", "end"]
    assert facts.entries[-1]["outcome"] == "Succeeded"
    assert facts.entries[3]["size"] == 4


def test_its_index_holds_offsets_and_times_in_order(tmp_path: Path) -> None:
    launch(tmp_path, "sh", "-c", "for n in 1 2 3; do echo $n; sleep 0.3; done")
    supervise(tmp_path)
    index = (tmp_path / "pods" / "e-worker-0" / "1.idx").read_bytes()
    numbers = [
        int.from_bytes(index[start : start + 8], "little") for start in range(0, len(index), 8)
    ]
    offsets, times = numbers[::2], numbers[1::2]
    assert offsets[-1] == 6
    assert offsets == sorted(set(offsets))
    assert times == sorted(times)
    assert len(offsets) >= 3


def test_a_fact_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(b'{"v": 1, "fact": "a"}\n{"v": 1, "fa\n{"v": 9, "fact": "b"}\n{"v": 1, "fact"')
    facts = Facts(path)
    assert facts.refresh()
    assert [fact["fact"] for fact in facts.entries] == ["a"]
    with path.open("ab") as file:
        file.write(b': "c"}\n')
    facts.refresh()
    assert [fact["fact"] for fact in facts.entries] == ["a", "c"]


@pytest.mark.parametrize("name", ["../x", "", ".", "..", "a/b", "a\0b", "é"])
def test_no_name_leaves_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an experiment or pod"):
        ExperimentFiles.of(tmp_path, name)
    with pytest.raises(ValueError, match="is no name of an experiment or pod"):
        ExperimentFiles(tmp_path).log(name, 1)
