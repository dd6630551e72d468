"""Makes the time of day of this process jump by the seconds that a file holds."""

import os
import time
from pathlib import Path

_time = time.time
_file = Path(os.environ.get("JUMPED_BY", os.devnull))


def jumping() -> float:
    """Return what `time.time` returns where somebody has set the clock."""
    return _time() + float(_file.read_text() or 0)


time.time = jumping
