"""Outputs of a cell, which IPython leaves untyped."""

from __future__ import annotations

from typing import Any


class Output:
    """One output that can be written over later, also from another cell.

    Nothing is shown before the first `put`. Only the thread that runs cells may call it: what
    another displays lands in whatever cell runs at that moment.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def put(self, shown: object) -> None:
        """Show an object, or a MIME bundle given as a dict."""
        raw = isinstance(shown, dict)
        if self._handle is not None:
            self._handle.update(shown, raw=raw)
            return
        from IPython import display

        make: Any = display.DisplayHandle
        self._handle = make()
        self._handle.display(shown, raw=raw)
