"""The fenced blocks of the documentation, and running them as their reader would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.magics.conftest import Kernel
from tests.ports import free_port
from tests.server.api import wait_until

ROOT = Path(__file__).parents[1]
PORT = "32080"

_FENCE = re.compile(r"^(?P<indent> *)(?P<mark>`{3,})(?P<info>.*)$")
_NOT_RUN = re.compile(r"# Not run by the tests: (?P<reason>.+)")
_FILE = re.compile(r"# (?P<name>[\w./-]+\.\w+)")
_SETTING_UP = re.compile(r"(?:make|pip install|jupyter lab)\b.*")
_SERVE = re.compile(r"submarine-jupyter serve\b")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Block:
    """A fenced block; `output` is the text block that stands directly below it."""

    page: str
    line: int
    language: str
    text: str
    output: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def not_run(self) -> str | None:
        """Why the tests do not run it, as its first line tells the reader."""
        found = _NOT_RUN.fullmatch(self.first_line)
        return found["reason"] if found else None

    @property
    def is_cell(self) -> bool:
        """Whether it is a cell of a notebook."""
        return self.language in ("python", "ipython") or self.text.startswith("%")

    @property
    def sets_up(self) -> bool:
        """Whether all that it does is to set up what the tests have."""
        return self.language == "sh" and all(map(_SETTING_UP.fullmatch, self.text.splitlines()))

    @property
    def is_run(self) -> bool:
        """Whether the tests run it."""
        runs = self.is_cell or self.language in ("sh", "console")
        return runs and not (self.not_run or self.sets_up or self.file)

    @property
    def file(self) -> str | None:
        """The file that it is, as its first line says."""
        found = _FILE.fullmatch(self.first_line)
        return found["name"] if found else None


def pages() -> list[Path]:
    """Return what readers read and might copy from."""
    written = (ROOT / "docs").rglob("*.md")
    return [ROOT / "README.md", *sorted(page for page in written if "decisions" not in page.parts)]


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page, directives aside."""
    found: list[Block] = []
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    is_below = False
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            is_below = is_below and not line.strip()
            continue
        language = fence["info"].strip()
        text = "\n".join(_body(lines, fence["indent"], fence["mark"]))
        if language == "text" and is_below:
            found[-1] = replace(found[-1], output=text)
        elif not language.startswith("{"):
            found.append(Block(str(page.relative_to(ROOT)), number, language, text))
        is_below = language not in ("text", "") and not language.startswith("{")
    return found


def _body(lines: Iterator[tuple[int, str]], indent: str, mark: str) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == mark:
            return
        yield line.removeprefix(indent)


class Reader:
    """Does what a page says: in one notebook, one terminal, one directory.

    Parameters
    ----------
    directory
        Where the reader works.
    data_dir
        Of the embedded server.
    has_examples
        Whether the directory holds what `examples/` holds, as in a clone of the repository.
    """

    def __init__(self, directory: Path, data_dir: Path, *, has_examples: bool = True) -> None:
        if has_examples:
            shutil.copytree(ROOT / "examples", directory, dirs_exist_ok=True)
        self._directory = directory
        self._data_dir = data_dir
        self._port = str(free_port())
        self._kernel: Kernel | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def read(self, block: Block) -> None:
        """Run a block, or keep it as the file that it is."""
        text = block.text.replace(PORT, self._port)
        if block.file and not block.not_run:
            path = self._directory / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        elif not block.is_run:
            return
        elif block.is_cell:
            self._check(block, *self._run_cell(text))
        elif block.language == "sh" and _SERVE.match(text):
            self._serve(text)
        elif block.language == "sh":
            self._check(block, *self._run_script(text))
        else:
            self._read_terminal(block, text)

    def close(self) -> None:
        """End the kernel and the server that the page has started."""
        if self._kernel is not None:
            self._kernel.stop()
        self._end_server()

    def _end_server(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait()
            self._server = None

    def _run_cell(self, text: str) -> tuple[bool, str]:
        if self._kernel is None:
            self._kernel = Kernel(self._directory, self._data_dir)
        ran = self._kernel.run(text)
        # IPython tells of a magic that there is none of on stderr, and raises nothing.
        complaints = [out["text"] for out in ran.outputs if out.get("name") == "stderr"]
        worked = ran.error is None and not any("UsageError" in said for said in complaints)
        return worked, ran.error or ran.text

    def _run_script(self, text: str) -> tuple[bool, str]:
        """Run a script with the exported variables of those before it."""
        state = self._directory / ".exported"
        script = f"[ ! -e {state} ] || . {state}\nset -eu\n{text}\nexport -p > {state}\n"
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=self._directory,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return ran.returncode == 0, ran.stdout

    def _read_terminal(self, block: Block, text: str) -> None:
        """Run each line after a prompt, and compare what it prints with what the page shows."""
        for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, shown = entry.partition("\n")
            worked, printed = self._run_script(command)
            assert worked, f"{block.place}: {command}\n{printed}"
            assert fits(shown, printed), f"{block.place}: {command}\nprints\n{printed}"

    def _check(self, block: Block, worked: bool, shown: str) -> None:
        assert worked or block.output is not None, f"{block.place} fails:\n{shown}"
        if block.output is not None:
            expected = block.output.replace(PORT, self._port)
            assert fits(expected, shown), f"{block.place} shows\n{shown}"

    def _serve(self, text: str) -> None:
        """Start a server in place of the one before, until the page ends."""
        self._end_server()
        log = self._directory / "serve.log"
        with log.open("wb") as output:
            server = self._server = subprocess.Popen(
                ["bash", "-c", f"exec {text}"],
                cwd=self._directory,
                env=self._environment(),
                stdout=output,
                stderr=output,
            )
        wait_until(lambda: "serving experiments on" in log.read_text() or server.poll() is not None)
        assert server.poll() is None, log.read_text()

    def _environment(self) -> Mapping[str, str]:
        unwanted = ("SUBMARINE_", "JPY_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        return {**kept, "PATH": programs, "SUBMARINE_DATA_DIR": str(self._data_dir)}


def fits(expected: str, shown: str) -> bool:
    """Whether a text is what a page shows, where `…` stands for anything."""
    parts = (re.escape(part) for part in _plain(expected).split("…"))
    return re.fullmatch(".*?".join(parts), _plain(shown), re.DOTALL) is not None


def _plain(text: str) -> str:
    lines = _ANSI.sub("", text).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)
