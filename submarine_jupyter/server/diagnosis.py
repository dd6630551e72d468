"""Why a run failed, as far as its last words tell."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ..logs.clean import clean

_TAIL = 16 * 1024
_LINES = 12
_MOST_LINES = 60
_NO_ROOM = 1024 * 1024

_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"(?:[A-Za-z_][\w.]*)?(?:Error|Exception|Interrupt|Failure)(?::.*)?")
_KNOWN = (
    re.compile(r".*\bOut of memory\b.*", re.IGNORECASE),
    re.compile(r".*\bNo space left on device\b.*"),
    re.compile(r".*\bAddress already in use\b.*"),
    re.compile(r".*\bSegmentation fault\b.*"),
    re.compile(r".*\b(?:command not found|No such file or directory)\b.*"),
)
_HINTS = {
    "Address already in use": "another process has taken the port; submit it again",
}


def last_words(path: Path, size: int | None = None) -> list[str]:
    """Return the last lines of a log, as a reader would see them; none where there is no log.

    Parameters
    ----------
    size
        Up to this byte; to the end when it is not given.
    """
    try:
        with path.open("rb") as file:
            end = path.stat().st_size if size is None else size
            file.seek(max(0, end - _TAIL))
            text = file.read(min(end, _TAIL)).decode("utf-8", "replace")
    except OSError:
        return []
    lines = (clean(line) for line in text.split("\n"))
    return [line for line in lines if line.strip()]


def evidence(lines: list[str]) -> str:
    """Return those last words that are shown as the evidence of a failure.

    A traceback is whole as far as there is room: its first lines name the author's own program.
    """
    begin = max(0, len(lines) - _LINES)
    if _TRACEBACK in lines:
        begin = min(begin, _last_traceback(lines))
    return "\n".join(lines[max(begin, len(lines) - _MOST_LINES) :])


def cause(lines: list[str]) -> str | None:
    """Return the line that names the cause of a failure, with a hint where one is known."""
    found = _raised(lines) or next(
        (line for line in reversed(lines) if any(known.fullmatch(line) for known in _KNOWN)), None
    )
    if found is None:
        return None
    hint = next((hint for words, hint in _HINTS.items() if words in found), None)
    return f"{found.strip()} ({hint})" if hint else found.strip()


def _raised(lines: list[str]) -> str | None:
    """Return the exception of the last traceback, or what else looks like one."""
    if _TRACEBACK in lines:
        after = lines[_last_traceback(lines) + 1 :]
        found = next((line for line in after if not line.startswith(" ")), None)
        if found is not None:
            return found
    return next((line for line in reversed(lines) if _EXCEPTION.fullmatch(line)), None)


def _last_traceback(lines: list[str]) -> int:
    return len(lines) - 1 - lines[::-1].index(_TRACEBACK)


def is_full(directory: Path) -> bool:
    """Whether the disk that holds a directory has no room left."""
    try:
        return shutil.disk_usage(directory).free < _NO_ROOM
    except OSError:
        return False
