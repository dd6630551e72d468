"""The model classes of the published client: specs as objects, with fields in snake_case.

A program that was written for it changes its import lines to one of these, and nothing else::

    from submarine_jupyter import *
    from submarine_jupyter import EnvironmentSpec, ExperimentMeta, ExperimentSpec
    from submarine_jupyter.client.models import EnvironmentSpec, ExperimentMeta
    import submarine_jupyter as submarine
"""

from __future__ import annotations

from ..spec.models import (
    CodeSpec,
    EnvironmentSpec,
    ExperimentMeta,
    ExperimentSpec,
    ExperimentTaskSpec,
    GitCodeSpec,
    KernelSpec,
)

__all__ = [
    "CodeSpec",
    "EnvironmentSpec",
    "ExperimentMeta",
    "ExperimentSpec",
    "ExperimentTaskSpec",
    "GitCodeSpec",
    "KernelSpec",
]
