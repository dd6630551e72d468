"""A server of a team: TLS under an authority of its own, and tokens with names and roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests
import trustme

from .api import Api
from .servers import serving

ALICE, BOB, CAROL = (f"{name}-{'0123456789abcdef' * 2}" for name in ("alice", "bob", "carol"))
TEAM = f"# the team\nalice writer {ALICE}\n\nbob reader {BOB}\n"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@dataclass
class Team:
    """A running server of a team."""

    api: Api
    tokens: Path
    ca: Path
    sessions: list[requests.Session] = field(default_factory=list)

    def as_(self, token: str | None) -> Api:
        session = requests.Session()
        # An authority that the environment names would go before the one given here.
        session.trust_env = False
        session.verify = str(self.ca)
        self.sessions.append(session)
        return Api(replace(self.api.server, token=token), session)


@contextmanager
def team_server(directory: Path) -> Iterator[Team]:
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1", "localhost")
    ca, chain, key = (directory / name for name in ("ca.pem", "chain.pem", "key.pem"))
    authority.cert_pem.write_to_path(str(ca))
    for blob in own.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    own.private_key_pem.write_to_path(str(key))
    tokens = write(directory / "tokens", TEAM)
    options = ["--tokens", str(tokens), "--tls-cert", str(chain), "--tls-key", str(key)]
    with serving(directory / "data", *options) as api:
        team = Team(api, tokens, ca)
        yield team
        # A server that ends waits for each connection of TLS to be closed from both ends.
        for session in team.sessions:
            session.close()
