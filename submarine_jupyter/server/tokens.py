"""The tokens that are let in, and whose they are: one of the owner, or those of a team."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from ..errors import ConfigurationError
from .private import read_private

log = logging.getLogger(__name__)

_LINE = "NAME ROLE TOKEN"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
# What a header can carry (RFC 6750), and too much to be guessed.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{20,}")


class Role(str, Enum):
    """What a token allows: to look, or all."""

    READER = "reader"
    WRITER = "writer"


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes
    ----------
    name
        As the token file has it; None on a server that knows no names.
    """

    name: str | None = None
    role: Role = Role.WRITER


class Tokens(Protocol):
    """Knows whose a token is."""

    def caller(self, token: str) -> Caller | None:
        """Return whose a token is, or None."""


class OwnToken:
    """The only token of a server, which allows everything."""

    def __init__(self, token: str) -> None:
        self._digest = _digest(token)

    def caller(self, token: str) -> Caller | None:
        """Return its holder, or None for any other token."""
        return Caller() if hmac.compare_digest(_digest(token), self._digest) else None


class TokenFile:
    """The tokens of a team, a line each: `NAME ROLE TOKEN`.

    It is read again when it changes. What cannot be read then is logged, and the tokens stay as
    they were.

    Parameters
    ----------
    path
        Of the file, which nobody but its owner may read.

    Raises
    ------
    ConfigurationError
        Names the line and the field that is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = _version(path)
        self._callers = _read(path)

    def caller(self, token: str) -> Caller | None:
        """Return whose a token is, or None; takes as long wherever it is in the file."""
        self._read_again()
        given = _digest(token)
        found = None
        for digest, caller in self._callers.items():
            if hmac.compare_digest(given, digest):
                found = caller
        return found

    def _read_again(self) -> None:
        version = _version(self._path)
        if version == self._version:
            return
        self._version = version
        try:
            self._callers = _read(self._path)
        except ConfigurationError as error:
            log.warning("the tokens stay as they were: %s", error)
        else:
            log.info("%s was read again", self._path)


def _digest(token: str) -> bytes:
    """Return what is compared: of one length, whatever the token's."""
    return hashlib.sha256(token.encode()).digest()


def _version(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is written or replaced; None when it is not there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _read(path: Path) -> dict[bytes, Caller]:
    lines = read_private(path, "--tokens").splitlines()
    callers = dict(_callers(path, lines))
    if not callers:
        raise ConfigurationError(f"{path} has no token; write a line {_LINE} for each")
    return callers


def _callers(path: Path, lines: Iterable[str]) -> Iterator[tuple[bytes, Caller]]:
    """Yield what each line says; no text of a line is quoted, since it may be a token."""
    names: dict[str, int] = {}
    tokens: dict[bytes, int] = {}
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"{path}, line {number}"
        if len(words) != 3:
            raise ConfigurationError(f"{where}: has {len(words)} words; write it as {_LINE}")
        name, role, token = words
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{where}, name: is none; use up to 64 letters, digits, '.', '_', '@' and '-', "
                "with a letter or digit first"
            )
        if role not in {known.value for known in Role}:
            raise ConfigurationError(
                f"{where}, role: is none; use {' or '.join(known.value for known in Role)}"
            )
        if not _TOKEN.fullmatch(token):
            raise ConfigurationError(
                f"{where}, token: is too short or holds other characters; use at least 20 letters "
                "and digits, such as those of `openssl rand -hex 32`"
            )
        digest = _digest(token)
        for field, before in (("name", names.get(name)), ("token", tokens.get(digest))):
            if before is not None:
                raise ConfigurationError(
                    f"{where}, {field}: is that of line {before} too; give each its own"
                )
        names[name] = tokens[digest] = number
        yield digest, Caller(name, Role(role))
