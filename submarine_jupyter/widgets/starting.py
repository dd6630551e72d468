"""Saying in a notebook that the embedded server is being started."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..client.starting import SENTENCE, in_terminal


def in_notebook() -> AbstractContextManager[object]:
    """Show the sentence in the cell that runs; outside of one as a terminal does."""
    return _in_cell() if _runs_cells() else in_terminal()


@contextmanager
def _in_cell() -> Iterator[None]:
    from IPython.display import DisplayHandle

    make: Any = DisplayHandle  # IPython has no types for it
    handle = make()
    handle.display({"text/plain": SENTENCE}, raw=True)
    try:
        yield
    finally:
        # An empty text takes no room; to clear would take the cell's other outputs too.
        handle.update({"text/plain": ""}, raw=True)


def _runs_cells() -> bool:
    """Whether this is the thread that runs a notebook's cells."""
    if "IPython" not in sys.modules:
        return False  # a script need not wait for its import
    from IPython.core.getipython import get_ipython

    in_kernel = hasattr(get_ipython(), "kernel")
    return in_kernel and threading.current_thread() is threading.main_thread()
