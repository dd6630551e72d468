"""The environment of a run, which Ray makes on the nodes as their actors come there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from ray.exceptions import RuntimeEnvSetupError

from ....datadir import make_private
from ..run.files import ExperimentFiles
from .preparation import PreparingFailed

_STEP, _REASON = "environment", "EnvironmentFailed"


async def make(
    files: ExperimentFiles, environment: dict[str, Any], placed: Awaitable[None]
) -> AsyncIterator[str]:
    """Wait until the actors are in their environment; yields how that goes.

    Parameters
    ----------
    environment
        As the launch has it.
    placed
        The actors that are asked for with it.

    Raises
    ------
    PreparingFailed
        It could not be made; what was tried is in the log of the step.
    """
    name = environment["name"]
    yield f"preparing the environment {name}: {', '.join(environment['pip'])}"
    begun = time.monotonic()
    try:
        await placed
    except RuntimeEnvSetupError as error:
        said = str(error)
        log = files.step_log(_STEP)
        make_private(log.parent)
        log.write_text(said, encoding="utf-8")
        message = f"its environment could not be made: {_cause(said)}"
        raise PreparingFailed(_STEP, _REASON, message) from None
    yield f"the environment {name} is ready after {time.monotonic() - begun:.1f} s"


def _cause(said: str) -> str:
    """Return the line that tells most: pip's own, else the last of Ray's."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("ERROR")] or lines
    return telling[-1] if telling else "Ray said nothing of why"
