"""Which notebook this is, and what an experiment from it is called when nobody names it."""

from __future__ import annotations

import os
from pathlib import PurePath

from ..spec.submission import as_name


def notebook_path() -> str | None:
    """Return the path of the notebook; None where a kernel is not told, or runs none."""
    path = os.environ.get("JPY_SESSION_NAME") or ""
    return path if path.endswith(".ipynb") else None


def default_name() -> str:
    """Return a name made from the notebook's file name, else `cell`."""
    return as_name(PurePath(notebook_path() or "").stem) or "cell"
