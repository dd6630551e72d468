"""The code of a run: fetched on the server's machine once, and shipped to each of its actors."""

from __future__ import annotations

import asyncio
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ..local.remains import end_remains
from ..local.supervisor.steps import Step
from ..run.files import ExperimentFiles
from .preparation import PreparingFailed

_LOOK = 0.05
_MOST = 4 * 1024 * 1024


async def fetch(files: ExperimentFiles, plan: dict[str, Any]) -> AsyncIterator[str]:
    """Fetch the code of a run, unless it is there; yields how that goes.

    A driver that was killed may have left the step running or done: what it says from the
    beginning is yielded once more.

    Parameters
    ----------
    plan
        The step, as a supervisor takes it.

    Raises
    ------
    PreparingFailed
        The code could not be fetched.
    """
    await asyncio.to_thread(end_remains, files)
    step = Step(plan, str(files.directory))
    try:
        if files.step_log(step.name).exists():
            for message in step.news():
                yield message
        if not files.checkout.exists() and not step.has_given_up:
            step.start()
            while (code := _exit_code(step)) is None:
                for message in step.news():
                    yield message
                await asyncio.sleep(_LOOK)
            step.exit_code = code
            for message in step.news():
                yield message
    finally:
        step.kill()
        files.credentials.unlink(missing_ok=True)
        if step.pid and step.exit_code is None:
            await asyncio.to_thread(os.waitpid, step.pid, 0)
    if not files.checkout.exists():
        raise PreparingFailed(step.name, step.reason, step.complaint)


def _exit_code(step: Step) -> int | None:
    pid, status = os.waitpid(step.pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


class Shipment:
    """The code of a run as it is shipped, packed once it is asked for."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self._packed = tempfile.TemporaryFile()  # noqa: SIM115 - see `close`

    async def bring(self, actor: Any) -> str:
        """Bring the code to an actor, unless it has it; return its `CODE_PATH`."""
        if not await actor.has_code.remote():
            if not self._packed.seek(0, os.SEEK_END):
                await asyncio.to_thread(self._pack)
            self._packed.seek(0)
            while data := self._packed.read(_MOST):
                await actor.take_code.remote(self._packed.tell() - len(data), data)
            await actor.unpack_code.remote()
        return str(await actor.code.remote())

    def close(self) -> None:
        """Remove what was packed."""
        self._packed.close()

    def _pack(self) -> None:
        with tarfile.open(fileobj=self._packed, mode="w") as archive:
            archive.add(self._checkout, arcname=self._checkout.name)
