"""The packages that an environment names: what of them may be asked of pip and conda."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from ..errors import Problem
from .models import KernelSpec

# `name`, `name=1.2=build`, `channel::name>=1`; never an option.
_CONDA = re.compile(r"[A-Za-z0-9_][^\s'\"\\]*( ?[<>=!~][^\s'\"\\]*)?")
_CHANNEL = re.compile(r"[A-Za-z0-9][^\s'\"\\]*")


def package_problems(field: str, kernel: KernelSpec | None) -> Iterator[Problem]:
    """Yield what is wrong with the packages of an environment.

    Parameters
    ----------
    field
        Where the kernel stands in what was sent.
    """
    if kernel is None:
        return
    for text in kernel.pip_dependencies or ():
        try:
            Requirement(text)
        except InvalidRequirement:
            yield Problem(
                f"{field}.pipDependencies",
                f"{text[:80]!r} names no package; write name, name==1.2 or name @ https://…",
            )
    for name, pattern, entries in (
        ("condaDependencies", _CONDA, kernel.conda_dependencies),
        ("channels", _CHANNEL, kernel.channels),
    ):
        for text in entries or ():
            if not pattern.fullmatch(text):
                said = f"{text[:80]!r} cannot be given to conda; write it as name or name=1.2"
                yield Problem(f"{field}.{name}", said)
