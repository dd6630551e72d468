"""The files that a run wrote on its nodes, brought to the server."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_MOST = 4 * 1024 * 1024


async def bring(handle: Any, pod: str, output: Path) -> None:
    """Copy what a pod wrote into the run's output directory.

    A path that another pod has taken gets the pod's name in front, as `<pod>/<path>`. A driver that
    was killed at it has left a part of a file at most, and the next goes on with that file.

    Raises
    ------
    RayError, OSError
        It cannot be read there, or has no room here.
    """
    coming = output.with_name("output.part")
    try:
        for path, size in await handle.files.remote():
            target = _free(output, path, pod)
            if target is None:
                log.warning("%s wrote a file with the path %r, which is left out", pod, path)
                continue
            with coming.open("wb") as file:
                while file.tell() < size and (
                    data := await handle.file.remote(path, file.tell(), _MOST)
                ):
                    file.write(data)
            target.parent.mkdir(parents=True, exist_ok=True)
            coming.replace(target)
            await handle.drop_file.remote(path)
    finally:
        coming.unlink(missing_ok=True)


def _free(output: Path, path: str, pod: str) -> Path | None:
    """Return where to write; None for a path that would leave the directory."""
    root = output.resolve(strict=True)
    for candidate in (root / path, root / pod / path):
        if not candidate.resolve().is_relative_to(root):
            return None
        # Another pod may have made a file of what is a directory to this one.
        if not candidate.exists() and not any(above.is_file() for above in candidate.parents):
            return candidate
    return None
