"""What is shown in a notebook. Importing this makes handles, and starting a server, display so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..client.display import set_display_hook
from ..client.starting import set_start_notice
from .starting import in_notebook

if TYPE_CHECKING:
    from ..client import Experiment
    from .form import ExperimentForm
    from .view import ExperimentView

__all__ = ["ExperimentForm", "ExperimentView", "display"]


def display(experiment: Experiment) -> dict[str, Any]:
    """Return the MIME bundle of an experiment."""
    from .mimebundle import mime_bundle

    return mime_bundle(experiment)


def __getattr__(name: str) -> Any:
    """Import a widget at its first use: it brings ipywidgets (PEP 562)."""
    if name == "ExperimentView":
        from .view import ExperimentView

        return ExperimentView
    if name == "ExperimentForm":
        from .form import ExperimentForm

        return ExperimentForm
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


set_display_hook(display)
set_start_notice(in_notebook)
