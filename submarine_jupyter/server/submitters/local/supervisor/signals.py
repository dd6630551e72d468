"""The signals that a program must find as any other program does."""

from __future__ import annotations

import signal

# This process handles or ignores these, SIGPIPE and SIGXFSZ because Python does. What is ignored
# stays ignored in whatever is started, and a `while` in front of a `head` would never end.
CHANGED = (
    signal.SIGCHLD,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGPIPE,
    signal.SIGTERM,
    signal.SIGXFSZ,
)
