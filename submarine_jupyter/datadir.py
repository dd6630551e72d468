"""The data directory: where it is, and the files by which a running server is found in it."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from .errors import ConfigurationError
from .filesystems import is_on_network
from .processes import boot_id, is_alive, start_of

PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600


def data_dir() -> Path:
    """Return the data directory: `$SUBMARINE_DATA_DIR`, else the user's own."""
    configured = os.environ.get("SUBMARINE_DATA_DIR")
    if configured:
        return Path(configured).expanduser().absolute()
    return user_data_path("submarine-jupyter")


def host_dir(directory: Path) -> Path:
    """Return where a server on this host keeps `server.json`, locks, token, log and database.

    That is the data directory itself; on a network file system, which many hosts may have in use
    at once, a directory in it for each host.
    """
    if not is_on_network(directory):
        return directory
    return directory / "hosts" / (platform.node() or "localhost")


def make_private(directory: Path) -> Path:
    """Create a directory that only its owner can enter, or make it so; return it.

    Raises
    ------
    ConfigurationError
        That cannot be done.
    """
    try:
        directory.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
        directory.chmod(PRIVATE_DIR)
    except OSError as error:
        raise ConfigurationError(
            f"{directory} cannot be used as a data directory ({error.strerror}); "
            "set SUBMARINE_DATA_DIR or --data-dir to another"
        ) from None
    return directory


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    # mkstemp makes it private from the start, under a name no other thread has.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class ServerFile:
    """`server.json`: the server that last ran in a data directory.

    It stays when the server ends, so that its `server` id can still be known.

    Attributes
    ----------
    url
        Base URL, such as `http://127.0.0.1:41233`.
    pid, boot, started
        Who the server's process is; see `processes`.
    token_file
        File that holds the token; empty when the server asks for none.
    version
        Of the package that runs it.
    server
        The stable id of its store.
    """

    url: str
    pid: int
    boot: str
    started: str
    token_file: str
    version: str
    server: str

    @classmethod
    def of_this_process(cls, url: str, token_file: str, version: str, server: str) -> ServerFile:
        """Describe the calling process as the server."""
        pid = os.getpid()
        return cls(url, pid, boot_id(), start_of(pid) or "", token_file, version, server)

    @classmethod
    def read(cls, directory: Path) -> ServerFile | None:
        """Return what `server.json` says; None when there is none that can be read."""
        try:
            fields = json.loads((directory / "server.json").read_text(encoding="utf-8"))
            return cls(**{name: fields[name] for name in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, directory: Path) -> None:
        """Write `server.json`."""
        write_private(directory / "server.json", json.dumps(asdict(self), indent=1))

    def leaving(self) -> ServerFile:
        """Return the same with no process in it: what is left when the server ends."""
        return replace(self, pid=0, started="")

    def is_running(self) -> bool:
        """Whether that very process still runs."""
        return is_alive(self.pid, self.boot, self.started)

    def read_token(self) -> str | None:
        """Return the token, or None when the server asks for none or its file is gone."""
        if not self.token_file:
            return None
        try:
            return Path(self.token_file).read_text(encoding="utf-8").strip()
        except OSError:
            return None
