"""Change what lets callers in, one condition at a time: the tests have to notice. `make mutation`.

    python -m tests.mutation [FILE...]

Each condition of an `if` in the files below is made always true and always false, and each operand
of an `and` or `or` is left alone. A change that no test of `TESTS` fails on is a survivor, and the
program ends with 1. `DOORS` are larger changes, each of which has to fail a test for *every* route.

The extension's routes have the same check in `extension/test_every_route.py`, without this program.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACCESS, TEAM, HOSTILE = (f"tests/server/test_{name}.py" for name in ("access", "team", "hostile"))
TESTS = {
    "server/access.py": (ACCESS, TEAM, HOSTILE),
    "server/tokens.py": (TEAM, ACCESS),
    "server/private.py": (TEAM,),
}
"""The tests of each file, those that notice most first."""
SECONDS = 300


@dataclass(frozen=True)
class Door:
    """A check that is left out, and the test that has to fail for each route.

    Attributes
    ----------
    said
        The statement that the function begins with now.
    spared
        Which tests may pass: those of what is open to all.
    """

    function: str
    said: str
    test: str
    spared: str


DOORS = (
    Door("_refuse_caller", "return None", "test_every_route_wants_the_token", r"-/\]"),
    Door("_refuse_stranger", "return None", "test_strangers_are_refused_on_every_route", r"(?!)"),
    Door(
        "_refuse_caller",
        "return None",
        "test_a_reader_may_ask_and_never_write",
        r"\[(GET|HEAD)-|-/api/(metric|param)/selective\]",
    ),
)


@dataclass(frozen=True)
class Mutant:
    """A file with one change."""

    file: str
    change: str
    source: str


def mutants_of(file: str) -> Iterator[Mutant]:
    """Yield a file's mutants, one for each change of a condition."""
    text = (ROOT / "submarine_jupyter" / file).read_text()
    tree = ast.parse(text)
    for node, field, value in changes(tree):
        before = getattr(node, field)
        was = ast.unparse(node.test if isinstance(node, ast.If | ast.IfExp) else node)
        setattr(node, field, value)
        now = ast.unparse(node.test if isinstance(node, ast.If | ast.IfExp) else node)
        yield Mutant(file, f"{was}  ->  {now}", ast.unparse(tree))
        setattr(node, field, before)


def changes(tree: ast.AST) -> Iterator[tuple[ast.AST, str, object]]:
    """Yield the part of a program to change, its field, and what to put there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp):
            for constant in (True, False):
                yield node, "test", ast.Constant(constant)
        if isinstance(node, ast.BoolOp):
            for operand in node.values:
                yield node, "values", [operand]


def with_door_open(door: Door) -> str:
    tree = ast.parse((ROOT / "submarine_jupyter" / "server" / "access.py").read_text())
    (function,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == door.function
    )
    function.body[:0] = ast.parse(f"def _():\n {door.said}").body[0].body  # type: ignore[attr-defined]
    return ast.unparse(tree)


class Copy:
    """The program and its tests in another place, to be changed there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        leave_out = shutil.ignore_patterns("__pycache__", "labextension", "static", "browser")
        for folder in ("submarine_jupyter", "tests"):
            shutil.copytree(ROOT / folder, place / folder, ignore=leave_out)
        shutil.copy(ROOT / "pyproject.toml", place)

    def check(self) -> None:
        """Exit unless the tests pass where nothing is changed."""
        file = "server/access.py"
        unchanged = (ROOT / "submarine_jupyter" / file).read_text()
        done = self.run(file, unchanged, "-x", *TESTS[file])
        if done.returncode:
            sys.exit(f"the tests fail without a change:\n{done.stdout[-2000:]}")

    def run(self, file: str, source: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run tests with one file changed."""
        path = self._place / "submarine_jupyter" / file
        path.write_text(source)
        try:
            return subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "--tb=no", *options],
                cwd=self._place,
                env=environment(self._place),
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        finally:
            shutil.copy(ROOT / "submarine_jupyter" / file, path)


def environment(place: Path) -> dict[str, str]:
    """Return the environment in which also the servers that a test starts are the changed ones."""
    return {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}


def survives(copy: Copy, mutant: Mutant) -> bool:
    try:
        done = copy.run(mutant.file, mutant.source, "-x", *TESTS[mutant.file])
    except subprocess.TimeoutExpired:  # it hangs, which nobody would overlook
        return False
    if done.returncode not in {0, 1}:
        sys.exit(f"the tests could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def passes(copy: Copy, door: Door) -> list[str]:
    """Return the tests of a door that pass although it stands open."""
    done = copy.run("server/access.py", with_door_open(door), "-rp", "-k", door.test, ACCESS, TEAM)
    assert re.search(r"\d+ failed", done.stdout), done.stdout[-2000:]
    passed = re.findall(r"^PASSED (\S+)", done.stdout, re.MULTILINE)
    return [test for test in passed if not re.search(door.spared, test)]


def main(files: tuple[str, ...]) -> int:
    """Print what survives; return how many."""
    survivors = 0
    with tempfile.TemporaryDirectory() as directory:
        copy = Copy(Path(directory))
        copy.check()
        for door in DOORS:
            for test in passes(copy, door):
                survivors += 1
                print(f"{door.function} without its check is not noticed by {test}", flush=True)
        for mutant in (mutant for file in files for mutant in mutants_of(file)):
            if survives(copy, mutant):
                survivors += 1
                print(f"{mutant.file}: {mutant.change} is not noticed", flush=True)
    print(f"{survivors} survived")
    return survivors


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or tuple(TESTS)) > 0)
