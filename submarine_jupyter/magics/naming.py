"""What an experiment is called when nobody names it."""

from __future__ import annotations

from pathlib import PurePath

from ..client.provenance import notebook_path
from ..spec.submission import as_name


def default_name() -> str:
    """Return a name made from the notebook's file name, else `cell`."""
    return as_name(PurePath(notebook_path() or "").stem) or "cell"
