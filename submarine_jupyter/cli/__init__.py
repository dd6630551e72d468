"""The `submarine-jupyter` command.

Commands import what they need when they run, so that help is quick and only `serve` loads the
server.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from ..errors import SubmarineError
from .exits import Exit, exit_of
from .parser import build_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code, see `exits`."""
    options = build_parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal's encoding lacks is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        return Exit.NO_READER
    except KeyboardInterrupt as interrupt:
        _complain(str(interrupt) or "interrupted")
        return Exit.INTERRUPTED
    except (SubmarineError, TimeoutError) as error:
        _complain(str(error))
        return exit_of(error)
    return code


def _complain(text: str) -> None:
    from ..logs.clean import visible

    for line in text.splitlines():
        sys.stderr.write(f"submarine-jupyter: {visible(line)}\n")


def _forget_stdout() -> None:
    """Keep the interpreter from writing what is left, to nobody, when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
