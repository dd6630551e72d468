"""What this machine has: memory, processors and GPUs that runs can be given."""

from __future__ import annotations

import os
import re
from itertools import takewhile
from pathlib import Path

import psutil

CPU_OVERCOMMIT = 4.0
"""The processor is shared, so it is given out several times over."""

_CGROUP_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


def memory_of_machine() -> int:
    """Return the bytes of memory there are, or of the container this runs in."""
    limits = [psutil.virtual_memory().total]
    for path in map(Path, _CGROUP_LIMITS):
        try:
            limits.append(int(path.read_text(encoding="ascii")))
        except (OSError, ValueError):  # there is none, or it says "max"
            continue
    return min(limits)


def shared_cpu() -> float:
    """Return how many cores may be asked for at one time, which is more than there are."""
    return (os.cpu_count() or 1) * CPU_OVERCOMMIT


def gpus_of_machine() -> tuple[str, ...]:
    """Return the GPUs that may be given out: those that CUDA_VISIBLE_DEVICES leaves, else all."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        # CUDA takes none from -1 on; alone it is how a machine's GPUs are left unused.
        return tuple(takewhile(lambda name: name != "-1", split_gpus(visible)))
    found = (re.fullmatch(r"nvidia(\d+)", path.name) for path in Path("/dev").glob("nvidia*"))
    return tuple(str(index) for index in sorted(int(match[1]) for match in found if match))


def split_gpus(text: str) -> tuple[str, ...]:
    """Return the GPUs that a text such as `0,1` names."""
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)
