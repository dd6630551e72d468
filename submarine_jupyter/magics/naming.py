"""What an experiment from a notebook is called when nobody names it."""

from __future__ import annotations

import os
from pathlib import PurePath

from ..spec.submission import as_name


def default_name() -> str:
    """Return a name made from the notebook's file name, else `cell`."""
    path = os.environ.get("JPY_SESSION_NAME") or ""
    return as_name(PurePath(path).stem if path.endswith(".ipynb") else "") or "cell"
