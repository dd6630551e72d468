"""The submitter that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .base import Submitter
from .local.submitter import LocalSubmitter

if TYPE_CHECKING:
    from ..settings import Settings


def make_submitter(settings: Settings, root: Path, variables: Mapping[str, str]) -> Submitter:
    """Return the submitter, which may start threads and processes; `close` ends them.

    Parameters
    ----------
    root
        Directory of the experiments.
    variables
        What every run on this machine is told.
    """
    if settings.ray_address is not None:
        from .ray.submitter import RaySubmitter

        return RaySubmitter(root, settings.ray_address, settings.rules, settings.preparing)
    if settings.kubernetes is not None:
        from .kubernetes.submitter import KubernetesSubmitter

        return KubernetesSubmitter(root, settings.kubernetes, settings.rules)
    return LocalSubmitter(
        root, settings.rules, settings.capacity, preparing=settings.preparing, variables=variables
    )
