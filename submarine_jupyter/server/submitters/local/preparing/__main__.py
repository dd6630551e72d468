"""Started as `python -m …preparing STEP DIRECTORY TIMEOUT SETTING` by the supervisor.

What it says in lines that begin with `submarine: ` becomes part of the timeline; one that begins
with `submarine failed: ` says why it gave up. The rest of its output is that of the tools it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ...run.files import ExperimentFiles
from .code import fetch
from .environment import make
from .tools import Failed, Tools

_FAILURES = {
    "environment": "its environment could not be made",
    "code": "its code could not be fetched",
}


def main(step: str, directory: str, timeout: str, setting: str) -> int:
    """Do a step; return the exit code."""
    files = ExperimentFiles(Path(directory))
    tools = Tools(files.step_log(step), float(timeout))
    try:
        if step == "environment":
            make(files, tools, Path(setting))
        else:
            fetch(files, tools, setting)
    except (Failed, OSError) as error:
        tools.give_up(f"{_FAILURES[step]}: {error}")
        return 1
    return 0


sys.exit(main(*sys.argv[1:]))
