"""Files with secrets, which nobody but the one who runs the server may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import ConfigurationError

_LARGEST = 1024 * 1024


def read_private(path: Path, option: str) -> str:
    """Return the text of a file that only its owner can read.

    Parameters
    ----------
    option
        That names the file, for the error.

    Raises
    ------
    ConfigurationError
        It cannot be read, others can, or it is no text; nothing of it is quoted.
    """
    try:
        with path.open("rb") as file:
            _require_private(path, os.fstat(file.fileno()))
            return file.read(_LARGEST).decode()
    except OSError as error:
        raise ConfigurationError(
            f"{option} {path} cannot be read ({error.strerror}); name another file"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{option} {path} is no text; write it as UTF-8") from None


def _require_private(path: Path, facts: os.stat_result) -> None:
    mode = stat.S_IMODE(facts.st_mode)
    if mode & 0o077:
        raise ConfigurationError(
            f"others may use what is in {path} (its mode is {mode:04o}); run `chmod 600 {path}`"
        )
    if facts.st_uid not in {os.geteuid(), 0}:
        raise ConfigurationError(
            f"{path} belongs to another user, who could change it; make it your own"
        )
