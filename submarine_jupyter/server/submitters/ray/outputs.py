"""The files that a run wrote on its nodes, brought to the server."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ray.exceptions import RayError

from ....datadir import make_private

log = logging.getLogger(__name__)

_MOST = 4 * 1024 * 1024


async def bring(handle: Any, pod: str, output: Path) -> None:
    """Copy what a pod wrote into the run's output directory.

    A path that another pod has taken gets the pod's name in front, as `<pod>/<path>`.
    """
    try:
        for path, size in await handle.files.remote():
            target = _free(output, path, pod)
            if target is None:
                log.warning("%s wrote a file with the path %r, which is left out", pod, path)
                continue
            make_private(target.parent)
            with target.open("wb") as file:
                while file.tell() < size and (
                    data := await handle.file.remote(path, file.tell(), _MOST)
                ):
                    file.write(data)
        await handle.clean_up.remote()
    except RayError as error:
        log.warning("the files of %s are lost: %s", pod, error)


def _free(output: Path, path: str, pod: str) -> Path | None:
    """Return where to write; None for a path that would leave the directory."""
    root = output.resolve()
    for candidate in (root / path, root / pod / path):
        if not candidate.resolve().is_relative_to(root):
            return None
        if not candidate.exists():
            return candidate
    return None
