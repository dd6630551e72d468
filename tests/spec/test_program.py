"""Cells as commands, run by a real interpreter through both ways of splitting."""

import ast
import random
import shlex
import signal
import string
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from submarine_jupyter.errors import SpecError
from submarine_jupyter.spec import program
from submarine_jupyter.spec.program import decode_cell, encode_cell

Split = Callable[[str], list[str]]


def on_blanks(cmd: str) -> list[str]:
    return cmd.split(" ")


@pytest.fixture(params=[on_blanks, shlex.split], ids=["blanks", "shell"])
def split(request: pytest.FixtureRequest) -> Split:
    chosen: Split = request.param
    return chosen


def run(cmd: str, split: Split, cwd: Path) -> subprocess.CompletedProcess[str]:
    python, *rest = split(cmd)
    assert python == "python"
    return subprocess.run(
        [sys.executable, *rest],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_arguments_survive_every_splitting() -> None:
    cmd = encode_cell("print('a  b', \"c\\n\", '$HOME')\n", 'Cell In["x" $y \\]', 3)
    assert not set(cmd) & set("'\"\\$\n\t`")
    assert cmd.split(" ") == shlex.split(cmd)
    assert all(cmd.split(" "))


def test_runs_as_main_script(split: Split, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("value = 42")
    source = (
        "from __future__ import annotations\n"
        "import sys, os, beside\n"
        "print(__name__, sys.argv, sys.path[0] == os.getcwd(), beside.value)\n"
        "print(sorted(n for n in globals() if not n.startswith('__')))\n"
        "print('größe → 🚀', 'a  b', \"q'q\", '$HOME \\\\n')\n"
        "import __main__; print(__main__.sys is sys)\n"
    )
    done = run(encode_cell(source, "Cell In[5]"), split, tmp_path)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "__main__ ['Cell In[5]'] True 42",
        "['annotations', 'beside', 'os', 'sys']",
        "größe → 🚀 a  b q'q $HOME \\n",
        "True",
    ]
    assert done.returncode == 0


def test_traceback_names_the_cell_and_its_lines(split: Split, tmp_path: Path) -> None:
    source = (
        "def deep(x):\n    return 1 / x\n\n"
        "try:\n    deep(0)\nexcept Exception as e:\n    raise ValueError('bäd') from e\n"
    )
    done = run(encode_cell(source, "Cell In[7]", first_line=2), split, tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = [line.strip() for line in done.stderr.splitlines()]
    assert 'File "Cell In[7]", line 6, in <module>' in lines
    assert 'File "Cell In[7]", line 3, in deep' in lines
    assert 'File "Cell In[7]", line 8, in <module>' in lines
    assert "return 1 / x" in lines
    assert lines[-1] == "ValueError: bäd"
    assert "<string>" not in done.stderr


@pytest.mark.parametrize(
    ("source", "code", "error"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit('no data')", 1, "no data\n"),
        ("import os; os._exit(7)", 7, ""),
    ],
)
def test_exit_codes(source: str, code: int, error: str, split: Split, tmp_path: Path) -> None:
    done = run(encode_cell(source, "Cell In[1]"), split, tmp_path)
    assert (done.returncode, done.stderr) == (code, error)


def test_interrupt_ends_as_in_a_script(tmp_path: Path) -> None:
    cmd = encode_cell("import time\nprint('up')\ntime.sleep(60)", "Cell In[1]")
    process = subprocess.Popen(
        [sys.executable, *cmd.split(" ")[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert error.rstrip().endswith("KeyboardInterrupt")


def test_lines_arrive_while_the_program_runs(tmp_path: Path) -> None:
    cmd = encode_cell("import sys\nprint('first')\nsys.stdin.read()", "Cell In[1]")
    process = subprocess.Popen(
        [sys.executable, *cmd.split(" ")[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "first\n"  # still running: nothing closed its input
    assert process.poll() is None
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_megabyte_of_source(split: Split, tmp_path: Path) -> None:
    letters = random.Random(5).choices(string.ascii_letters + string.digits, k=1_000_000)
    source = f"data = '{''.join(letters)}'\nprint(len(data), data[:5])\n"
    cmd = encode_cell(source, "Cell In[2]")
    assert max(map(len, cmd.split(" "))) <= program.MAX_ARGUMENT
    assert run(cmd, split, tmp_path).stdout == f"1000000 {''.join(letters[:5])}\n"
    assert decode_cell(cmd) == source


def test_too_large_is_refused_with_a_way_out() -> None:
    letters = "".join(random.Random(5).choices(string.printable, k=2_000_000))
    with pytest.raises(SpecError, match="keep large data in a file"):
        encode_cell(letters, "Cell In[2]")
    with pytest.raises(SpecError, match="surrogate"):
        encode_cell("'\ud800'", "Cell In[2]")


def test_spawned_children_and_inspect_find_the_source(split: Split, tmp_path: Path) -> None:
    source = (
        "import inspect, multiprocessing, os, sys\n"
        "def double(x):\n    return 2 * x\n"
        "class Kept:\n    word = 'here'\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(double, [1, 2]))\n"
        "    print(inspect.getsource(double).splitlines()[1])\n"
        "    print(inspect.getsource(Kept).split()[-1])\n"
        "    print(sys.modules['__main__'].__file__)\n"
    )
    done = run(encode_cell(source, "Cell In[3]", first_line=2), split, tmp_path)
    assert done.stderr == ""
    answers, function, kept, file = done.stdout.splitlines()
    assert answers == "[2, 4]"
    assert (function, kept) == ("    return 2 * x", "'here'")
    assert not Path(file).exists()


def test_decode_gives_the_source_back() -> None:
    for source in ("", "x = 1", "a\n\nb\n", "ü\r\n"):
        assert decode_cell(encode_cell(source, "Cell In[1]", 4)) == source
    for cmd in ("", "python train.py", "python -c print(1) a b", encode_cell("x", "y")[:-3]):
        assert decode_cell(cmd) is None


def test_runner_is_python_3_8() -> None:
    ast.parse(program._RUNNER, feature_version=(3, 8))
    ast.parse(program._LOADER, feature_version=(3, 8))
