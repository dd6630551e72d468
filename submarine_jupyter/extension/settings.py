"""Which upstreams are configured: the trait and the environment, checked and made plain."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..addresses import is_loopback
from ..errors import ConfigurationError

EMBEDDED = "embedded"
ENVIRONMENT = "env"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEYS = {"url", "token_file", "ca_file"}


@dataclass(frozen=True)
class Remote:
    """An upstream at a fixed address.

    Attributes
    ----------
    name
        As it appears in routes.
    url
        Base address, without a slash at its end; ``/api/v1/…`` is appended.
    token_file
        Where its token stands, read again when it changes.
    token
        Its token, when the environment gave one instead of a file.
    ca_file, tls
        What its certificate is checked against; none for plain HTTP or the system's authorities.
    """

    name: str
    url: str
    token_file: Path | None = None
    token: str | None = None
    ca_file: Path | None = None
    tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"Remote({self.name!r}, {self.url!r})"

    @property
    def sends_token_in_clear(self) -> bool:
        """Whether a token would cross a network without TLS."""
        address = urlsplit(self.url)
        return (
            (self.token is not None or self.token_file is not None)
            and address.scheme == "http"
            and not is_loopback(address.hostname or "")
        )


@dataclass(frozen=True)
class UpstreamSettings:
    """Every configured upstream but the embedded one, and the name of the default."""

    default: str
    remotes: tuple[Remote, ...]


def read_settings(
    upstreams: Mapping[str, Any], default_upstream: str, environ: Mapping[str, str]
) -> UpstreamSettings:
    """Combine the two traits with the environment Jupyter was started in.

    Raises
    ------
    ConfigurationError
        A value cannot be used; the text names the trait or the variable.
    """
    remotes = [_from_trait(name, value) for name, value in upstreams.items()]
    default = default_upstream
    if environ.get("SUBMARINE_URL"):
        remotes.append(_from_environment(environ))
        default = ENVIRONMENT
    names = [EMBEDDED, *(remote.name for remote in remotes)]
    if default not in names:
        raise ConfigurationError(
            f"SubmarineExtension.default_upstream names no upstream: {default!r}. "
            f"There are: {', '.join(names)}."
        )
    return UpstreamSettings(default, tuple(remotes))


def _from_trait(name: object, value: object) -> Remote:
    where = f"SubmarineExtension.upstreams[{name!r}]"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{where}: a name is letters, digits, '.', '_' and '-', at most 64 of them."
        )
    if name in {EMBEDDED, ENVIRONMENT}:
        raise ConfigurationError(f"{where}: this name is taken; choose another one.")
    if not isinstance(value, Mapping) or "url" not in value:
        raise ConfigurationError(
            f'{where} must be like {{"url": "https://…", "token_file": "…", "ca_file": "…"}}.'
        )
    unknown = sorted(str(key) for key in value if key not in _KEYS)
    if unknown:
        raise ConfigurationError(
            f"{where} has unknown keys: {', '.join(unknown)}. Known: {', '.join(sorted(_KEYS))}; "
            "a token goes into a file that token_file names."
        )
    ca_file = _path(value.get("ca_file"), f"{where}['ca_file']")
    return Remote(
        name,
        _checked_url(value["url"], f"{where}['url']"),
        token_file=_path(value.get("token_file"), f"{where}['token_file']"),
        ca_file=ca_file,
        tls=_tls(ca_file, f"{where}['ca_file']"),
    )


def _from_environment(environ: Mapping[str, str]) -> Remote:
    token = environ.get("SUBMARINE_TOKEN") or None
    token_file = environ.get("SUBMARINE_TOKEN_FILE") or None
    ca_file = _path(environ.get("SUBMARINE_CA_FILE") or None, "SUBMARINE_CA_FILE")
    return Remote(
        ENVIRONMENT,
        _checked_url(environ["SUBMARINE_URL"], "SUBMARINE_URL"),
        token_file=None if token else _path(token_file, "SUBMARINE_TOKEN_FILE"),
        token=token,
        ca_file=ca_file,
        tls=_tls(ca_file, "SUBMARINE_CA_FILE"),
    )


def _checked_url(value: object, where: str) -> str:
    problem = None
    if not isinstance(value, str):
        problem = "must be text"
    else:
        try:
            address = urlsplit(value)
            _ = address.port
        except ValueError:
            address = urlsplit("")
        if address.scheme not in {"http", "https"} or not address.hostname:
            problem = "must be like https://server.example.org:8080"
        elif "@" in address.netloc:
            problem = "must hold no user name or password"
        elif address.query or address.fragment:
            problem = "must hold no '?' or '#'"
        elif re.search(r"[^\x21-\x7e]|\\|//|/\.\.?(/|$)", address.path):
            problem = "has a path that cannot be used"
        else:
            return value.rstrip("/")
    raise ConfigurationError(f"{where} {problem}.")


def _path(value: object, where: str) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str | Path) or not str(value):
        raise ConfigurationError(f"{where} must be the path of a file.")
    return Path(value).expanduser()


def _tls(ca_file: Path | None, where: str) -> ssl.SSLContext | None:
    if ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{where} must be a file of PEM certificates; {ca_file} cannot be read: {error}"
        ) from error
