"""Exit codes, for scripts to go by."""

from __future__ import annotations

from enum import IntEnum

from ..errors import ExperimentFailed, NotFound, UsageError


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    WRONG_CALL = 2
    EXPERIMENT_FAILED = 3
    NOT_FOUND = 4
    TIMED_OUT = 124
    INTERRUPTED = 130
    NO_READER = 141


EXPLANATION = """\
exit codes:
  0    done; of wait, submit --wait, submit --follow and logs -f: the experiment succeeded
  1    it failed: the spec is wrong, the server refused, or none answers
  2    the call was wrong
  3    the experiment failed (wait, submit --wait, submit --follow, logs -f)
  4    there is no such experiment
  124  the time of wait --timeout was up
  130  interrupted; experiments go on
  141  the reader of its output went away, as in `submarine-jupyter logs ID | head`

An ID is an experiment's whole id, the end of one (0003), or its name, if only one fits.

The server is the one of --url, else of SUBMARINE_URL, else the embedded one of --data-dir or
SUBMARINE_DATA_DIR, which submitting starts. A server elsewhere gets the token in SUBMARINE_TOKEN,
SUBMARINE_TOKEN_FILE or --token-file. Colours end with NO_COLOR.
"""


def exit_of(error: Exception) -> Exit:
    """Return the exit code for an error."""
    if isinstance(error, UsageError):
        return Exit.WRONG_CALL
    if isinstance(error, ExperimentFailed):
        return Exit.EXPERIMENT_FAILED
    if isinstance(error, NotFound):
        return Exit.NOT_FOUND
    return Exit.TIMED_OUT if isinstance(error, TimeoutError) else Exit.FAILED
