"""The live view of an experiment inside another widget."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import ipywidgets

from ...errors import SubmarineError
from ..mimebundle import WIDGET, mime_bundle, widget_bundle

if TYPE_CHECKING:
    from ...client import Experiment


class LiveView:
    """Shows one experiment at a time: by our extension's view, else by one that the kernel feeds.

    Attributes
    ----------
    box
        Its widget.
    """

    def __init__(self) -> None:
        # What is in it is set, and not written as a cell writes: so any thread may do that.
        self.box = ipywidgets.Output()

    def show(self, experiment: Experiment) -> None:
        """Show an experiment in place of the one before."""
        data: dict[str, Any] = mime_bundle(experiment)
        # Submitted it is, whether or not the server still answers for a view.
        with suppress(SubmarineError):
            data[WIDGET] = widget_bundle(experiment)
        self.box.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)
