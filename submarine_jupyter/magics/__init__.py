"""The notebook commands `%submarine` and `%%submarine`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ipython: InteractiveShell) -> None:
    """Register the commands, their completion, and the display of experiments; once is enough.

    What the notebook has configured and connected to stays when the extension is loaded again.
    """
    from .. import widgets  # noqa: F401 - importing it registers the display
    from .completion import register
    from .magics import SubmarineMagics

    if SubmarineMagics.__name__ not in ipython.magics_manager.registry:
        ipython.register_magics(SubmarineMagics)
        register(ipython)
