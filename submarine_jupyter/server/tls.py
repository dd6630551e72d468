"""The certificate under which a server is trusted."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigurationError


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, as PEM files.

    Attributes
    ----------
    chain
        File of the certificate, and those that lead from it to the authority's.
    key
        File of its key; None when that is in the same file.
    """

    chain: Path
    key: Path | None = None

    def check(self) -> None:
        """Raise ConfigurationError unless a server can use it."""
        for option, path in (("--tls-cert", self.chain), ("--tls-key", self.key)):
            if path is not None:
                _require_readable(option, path)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self.chain, self.key, _no_password
            )
        except ssl.SSLError as error:
            raise ConfigurationError(
                f"--tls-cert {self.chain} cannot be used with the key in {self.key or self.chain} "
                f"({error.reason or 'they are not PEM'}); give a PEM certificate and its own key, "
                "without a password"
            ) from None


def _require_readable(option: str, path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigurationError(
            f"{option} {path} cannot be read ({error.strerror}); name a PEM file"
        ) from None


def _no_password() -> str:
    # Without one OpenSSL would ask the terminal.
    return ""
