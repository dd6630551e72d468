"""The words of a command."""

from __future__ import annotations

import re
import shlex

_QUOTING = re.compile(r"['\"\\]")
_WORD = re.compile(r"[^ \t\r\n]+")


def words_of(command: str) -> list[str]:
    """Split a command as a shell would, without being one; ValueError for a quote left open.

    A packed program may be a megabyte without any quote, for which `shlex` alone takes seconds.
    """
    return shlex.split(command) if _QUOTING.search(command) else _WORD.findall(command)
