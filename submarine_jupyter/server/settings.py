"""What the one who starts the server decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL

from ..addresses import is_loopback
from ..errors import ConfigurationError
from .submitters.kubernetes.settings import KubernetesSettings
from .submitters.local.capacity import Capacity
from .submitters.local.preparation import PreparingRules
from .submitters.run.rules import Rules
from .tls import Certificate
from .tracking import Tracking

MAX_BODY = 2 * 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Settings of a server.

    Attributes
    ----------
    data_dir
        Where everything is kept.
    host, port
        To listen on; port 0 takes a free one.
    auth
        Whether a token is asked for.
    tokens
        File of the tokens that are let in; None for one that is new at each start.
    certificate
        To be trusted under, over TLS; None for plain HTTP.
    allowed_hosts
        Names besides the bound address under which the server may be addressed.
    idle_timeout
        Seconds without runs and clients after which it ends; None: never.
    lock_patience
        Seconds to wait for a server that is leaving the data directory or the database.
    database_url
        Of PostgreSQL, where experiments are remembered; None: in the data directory.
    rules
        How runs go and end.
    capacity
        What local runs may take of this machine.
    preparing
        How the code and the environments of runs are prepared.
    tracking
        The tracking servers that are there.
    ray_address
        The Ray cluster on which experiments run: `HOST:PORT`, or `local` for one that is started
        with the server; None: not on Ray.
    kubernetes
        The cluster on which they run; None: not on Kubernetes.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 32080
    auth: bool = True
    tokens: Path | None = None
    certificate: Certificate | None = None
    allowed_hosts: tuple[str, ...] = ()
    idle_timeout: float | None = None
    lock_patience: float = 0
    database_url: URL | None = field(default=None, repr=False)
    rules: Rules = field(default_factory=Rules)
    capacity: Capacity = field(default_factory=Capacity)
    preparing: PreparingRules = field(default_factory=PreparingRules)
    tracking: Tracking = field(default_factory=Tracking)
    ray_address: str | None = None
    kubernetes: KubernetesSettings | None = None

    def __post_init__(self) -> None:
        if not self.auth and not is_loopback(self.host):
            raise ConfigurationError(
                f"--no-auth is refused on {self.host}: without a token the server may only "
                "listen on this machine; use --host 127.0.0.1 or leave --no-auth out"
            )
        if not self.auth and self.tokens is not None:
            raise ConfigurationError(
                "--no-auth asks for no token, and --tokens says which are let in; give one of them"
            )
