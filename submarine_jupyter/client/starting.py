"""What is said while the embedded server is being started, which takes some seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

SENTENCE = "Starting the experiment server…"

Notice = Callable[[], AbstractContextManager[object]]
"""Shows the sentence for as long as its context lasts."""


def in_terminal() -> AbstractContextManager[object]:
    """Show the sentence on the stream of errors where that is a terminal; elsewhere nothing."""
    from rich.console import Console  # most processes start no server

    return Console(stderr=True, force_jupyter=False).status(SENTENCE)


_notice: Notice = in_terminal


def set_start_notice(notice: Notice) -> None:
    """Let `notice` show that the server is being started."""
    global _notice  # noqa: PLW0603 - one display per process, chosen once
    _notice = notice


def start_notice() -> AbstractContextManager[object]:
    """Return what shows that the server is being started."""
    return _notice()
