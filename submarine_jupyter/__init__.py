"""Run machine-learning experiments from a notebook and watch them live.

Nothing is imported before it is used: `import submarine_jupyter` costs no more than this file.
"""

from __future__ import annotations

# What each supervisor starts with too: importing typing takes longer than all else it needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .client import Experiment, ExperimentClient
    from .spec import (
        CodeSpec,
        EnvironmentSpec,
        ExperimentMeta,
        ExperimentSpec,
        ExperimentTaskSpec,
        GitCodeSpec,
        KernelSpec,
    )
    from .widgets import ExperimentForm, ExperimentView

__all__ = [
    "CodeSpec",
    "EnvironmentSpec",
    "Experiment",
    "ExperimentClient",
    "ExperimentForm",
    "ExperimentMeta",
    "ExperimentSpec",
    "ExperimentTaskSpec",
    "ExperimentView",
    "GitCodeSpec",
    "KernelSpec",
]

_HOMES = {
    "CodeSpec": "spec",
    "EnvironmentSpec": "spec",
    "Experiment": "client",
    "ExperimentClient": "client",
    "ExperimentForm": "widgets",
    "ExperimentMeta": "spec",
    "ExperimentSpec": "spec",
    "ExperimentTaskSpec": "spec",
    "ExperimentView": "widgets",
    "GitCodeSpec": "spec",
    "KernelSpec": "spec",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("submarine-jupyter")
    if name in _HOMES:
        from importlib import import_module

        if _HOMES[name] == "client":
            # It makes handles display as live views, in a notebook that loads no extension too.
            import_module(f"{__name__}.widgets")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def load_ipython_extension(ipython: Any) -> None:
    """Register `%submarine` and `%%submarine` (called by `%load_ext submarine_jupyter`)."""
    from .magics import load

    load(ipython)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .extension.app import SubmarineExtension

    return [{"module": "submarine_jupyter.extension.app", "app": SubmarineExtension}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "submarine-jupyter"}]
