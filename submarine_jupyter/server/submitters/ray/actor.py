"""The actor of a pod: it has the pod's command run on its node, and lets the driver read.

Ray ships this class by value, so a node needs nothing of this package: imports are the standard
library's and Ray's.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LOOK = 0.02
_TRIES = 3


class PodActor:
    """Runs the starts of one pod, one after the other.

    Parameters
    ----------
    name
        The pod's.
    sources
        The supervisor's modules: path within the package's directory, and text.
    entry
        Which of them is run.
    """

    def __init__(self, name: str, sources: Mapping[str, str], entry: str) -> None:
        self._home = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        for path, text in sources.items():
            file = self._home / "lib" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self._entry = self._home / "lib" / entry
        # Held until the first start, so that nobody else takes it.
        self._listener: socket.socket | None = socket.create_server(("", 0))
        self._port = int(self._listener.getsockname()[1])
        # Of each start the one that runs it, and those that had to tell how it ended.
        self._supervisors: dict[int, list[subprocess.Popen[bytes]]] = {}

    async def address(self) -> tuple[str, int]:
        """Return where other pods reach this one."""
        import ray

        return str(ray.util.get_node_ip_address()), self._port

    async def start(self, attempt: int, launch: dict[str, Any]) -> None:
        """Run a launch of one pod, unless that was begun before."""
        if attempt in self._supervisors:
            return
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        (plan,) = launch["pods"]
        directory = self._directory(attempt)
        work = self._home / "work"
        for path in (directory, work, self._output / "tensorboard"):
            path.mkdir(parents=True, exist_ok=True)
        callers = plan.pop("caller", {})
        plan["cwd"] = _if_there(callers.get("directory")) or plan["cwd"] or str(work)
        python = _if_there(callers.get("python")) or sys.executable
        plan["argv"] = [python if word is None else word for word in plan["argv"]]
        programs = str(Path(python).parent)
        plan["env"] = {
            **os.environ,
            "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
            **plan["env"],
            "SUBMARINE_OUTPUT_DIR": str(self._output),
            "SUBMARINE_TENSORBOARD_LOG_DIR": str(self._output / "tensorboard"),
        }
        text = json.dumps({**launch, "leash": True})
        (directory / "launch.json").write_text(text, encoding="utf-8")
        self._supervise(attempt)

    async def code(self) -> str:
        """Return the directory that is `CODE_PATH` here."""
        return str(self._code)

    async def has_code(self) -> bool:
        """Whether all of the code has come."""
        return (self._code / "current").exists()

    async def take_code(self, offset: int, data: bytes) -> None:
        """Take a part of the code, which comes as a tar archive."""
        with self._packed.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            file.write(data)

    async def unpack_code(self) -> None:
        """Unpack the code, of which all parts have come."""
        await asyncio.to_thread(self._unpack_code)

    async def read(
        self, attempt: int, offset: int, facts_from: int, most: int, patience: float
    ) -> tuple[bytes, bytes]:
        """Return the log from an offset on, and the whole lines of the facts from another.

        Waits some seconds for either. ChildProcessError when its supervisor does not start.
        """
        if self._is_lost(attempt):
            self._supervise(attempt)
        directory = self._directory(attempt)
        log = directory / "pods" / self._pod_of(directory) / "1.log"
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience
        while True:
            # The log first: what the facts say of its length is in it then, or comes next time.
            data = _from(log, offset, most)
            facts = _from(directory / "facts.jsonl", facts_from, most)
            whole = facts[: facts.rfind(b"\n") + 1]
            if data or whole or clock() >= deadline:
                return data, whole
            await asyncio.sleep(_LOOK)

    async def stop(self, attempt: int, reason: str, grace: float) -> None:
        """Ask the command of a start to end, and kill it after some seconds."""
        request = json.dumps({"reason": reason, "message": None, "grace": grace})
        file = self._directory(attempt) / "stop.json"
        draft = file.with_suffix(".new")
        draft.write_text(request, encoding="utf-8")
        draft.replace(file)

    async def files(self) -> list[tuple[str, int]]:
        """Return the files that the run wrote here: path below the output directory, and size."""
        return [
            (path.relative_to(self._output).as_posix(), path.stat().st_size)
            for path in sorted(self._output.rglob("*"))
            if path.is_file() and not path.is_symlink()
        ]

    async def file(self, path: str, offset: int, most: int) -> bytes:
        """Return a part of a file that the run wrote."""
        return _from(self._output / path, offset, most)

    async def drop_file(self, path: str) -> None:
        """Remove a file that the run wrote."""
        (self._output / path).unlink(missing_ok=True)

    async def clean_up(self) -> None:
        """Remove everything from the node."""
        shutil.rmtree(self._home, ignore_errors=True)

    def _supervise(self, attempt: int) -> None:
        """Start a supervisor; one after the first tells what became of the one before."""
        directory = self._directory(attempt)
        supervisors = self._supervisors.setdefault(attempt, [])
        said = directory / "supervisor.log"
        if len(supervisors) == _TRIES:
            words = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise ChildProcessError(words[-1] if words else "it said nothing")
        with said.open("ab") as log:
            # Its standard input tells it when this process has gone.
            supervisor = subprocess.Popen(  # noqa: S603
                [sys.executable, "-S", "-I", str(self._entry), str(directory)],
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        supervisors.append(supervisor)
        # It leaves this process once it has locked its journal.
        asyncio.get_running_loop().run_in_executor(None, supervisor.wait)

    def _is_lost(self, attempt: int) -> bool:
        """Whether the supervisor of a start is gone without having said how that ended."""
        if self._supervisors[attempt][-1].poll() is None:
            return False
        with (self._directory(attempt) / "facts.jsonl").open("a+b") as facts:
            try:
                fcntl.flock(facts, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            facts.seek(0)
            return b'"fact": "end"' not in facts.read()

    def _unpack_code(self) -> None:
        # A killed driver may have left this at work: each has a file and a place of its own.
        coming = Path(tempfile.mkdtemp(dir=self._home))
        with tarfile.open(self._packed) as archive:
            self._packed.unlink()
            # Whoever sends it could run anything here; this only keeps it from an accident.
            archive.extractall(coming, filter="tar")
        if not self._code.exists():
            coming.replace(self._code)

    @property
    def _code(self) -> Path:
        return self._home / "code"

    @property
    def _packed(self) -> Path:
        return self._home / "code.tar"

    @property
    def _output(self) -> Path:
        return self._home / "output"

    def _directory(self, attempt: int) -> Path:
        return self._home / f"{attempt}"

    def _pod_of(self, directory: Path) -> str:
        launch = json.loads((directory / "launch.json").read_text(encoding="utf-8"))
        return str(launch["pods"][0]["pod"])


def _if_there(path: str | None) -> str | None:
    """Return a path of the caller's machine if this node has it too."""
    return path if path and Path(path).exists() else None


def _from(path: Path, offset: int, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(most)
    except FileNotFoundError:
        return b""
