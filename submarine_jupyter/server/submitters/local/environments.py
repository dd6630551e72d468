"""Virtual environments, each made once of the packages that are in it.

::

    environments/
      locks/<key>.making     held while it is made
      locks/<key>.use        held, shared, by everybody who uses it
      <key>/packages.json    what was asked for
      <key>/venv             link to the whole one; there is none before it is whole
      <key>/<random>/        where it was made; one that no link leads to is half made
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ....datadir import make_private
from ....spec import EnvironmentSpec
from ..base import VirtualEnvironment

_PACKAGES = "packages.json"
_KEY_LENGTH = 20


@dataclass(frozen=True)
class Packages:
    """What is in an environment: two of the same are one."""

    pip: Sequence[str]
    conda: Sequence[str] = ()
    channels: Sequence[str] = ()

    @classmethod
    def of(cls, environment: EnvironmentSpec | None) -> Packages | None:
        """Return those that an environment names; None when it names none."""
        kernel = environment.kernel_spec if environment else None
        if kernel is None or not (kernel.pip_dependencies or kernel.conda_dependencies):
            return None
        pip, conda = (
            tuple(sorted(set(names or ())))
            for names in (kernel.pip_dependencies, kernel.conda_dependencies)
        )
        return cls(pip, conda, tuple(kernel.channels or ()) if conda else ())

    @property
    def key(self) -> str:
        """The name of the environment: the same packages on the same Python have the same."""
        python = (platform.python_implementation(), platform.python_version(), sys.base_prefix)
        machine = (platform.system(), platform.machine())
        content = [*python, *machine, list(self.pip), list(self.conda), list(self.channels)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:_KEY_LENGTH]

    @property
    def names(self) -> list[str]:
        """All of them, as they were asked for."""
        return [*self.pip, *self.conda]


@dataclass(frozen=True)
class EnvironmentPlace:
    """Where an environment is, or is to be."""

    root: Path
    key: str

    @property
    def directory(self) -> Path:
        """What holds all that is made for it."""
        return self.root / self.key

    @property
    def prefix(self) -> Path:
        """The whole environment."""
        return self.directory / "venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.prefix / "bin" / "python"

    @property
    def making(self) -> Path:
        """The lock of the one who makes it."""
        return self.root / "locks" / f"{self.key}.making"

    @property
    def use(self) -> Path:
        """The lock of those who use it."""
        return self.root / "locks" / f"{self.key}.use"

    @property
    def is_ready(self) -> bool:
        """Whether it is whole."""
        return self.prefix.exists()

    def prepare(self) -> None:
        """Make the directories and locks."""
        for directory in (self.root, self.root / "locks", self.directory):
            make_private(directory)
        self.use.touch(mode=0o600)

    def begin(self, packages: Packages) -> Path:
        """Return a directory to make it in, not yet there; removes what others left half made.

        Who left it may still write to it: the new one has a name of its own.
        """
        self.prepare()
        for left in self.directory.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
        (self.directory / _PACKAGES).write_text(json.dumps(packages.names), encoding="utf-8")
        return self.directory / os.urandom(6).hex()

    def finish(self, made: Path) -> None:
        """Let everybody have what was made."""
        temporary = made.with_suffix(".link")
        temporary.symlink_to(made.name)
        temporary.replace(self.prefix)


class EnvironmentCache:
    """The environments that were made."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place(self, packages: Packages) -> EnvironmentPlace:
        """Return where an environment of these packages is, or is to be."""
        return EnvironmentPlace(self._root, packages.key)

    def all(self) -> list[VirtualEnvironment]:
        """Return what is there, whole or not."""
        return [self._described(place) for place in self._places()]

    def prune(self) -> list[VirtualEnvironment]:
        """Remove what nobody uses; return it."""
        removed = []
        for place in self._places():
            described = self._described(place)
            with _alone(place) as is_alone:
                if is_alone:
                    # First the link, so that nobody finds what is half removed.
                    place.prefix.unlink(missing_ok=True)
                    shutil.rmtree(place.directory, ignore_errors=True)
                    removed.append(described)
        return removed

    def _places(self) -> list[EnvironmentPlace]:
        if not self._root.exists():
            return []
        names = sorted(entry.name for entry in self._root.iterdir() if entry.name != "locks")
        return [EnvironmentPlace(self._root, name) for name in names]

    def _described(self, place: EnvironmentPlace) -> VirtualEnvironment:
        with _alone(place) as is_alone:
            return VirtualEnvironment(
                place.key, _names(place), _size(place.directory), place.is_ready, not is_alone
            )


@contextmanager
def _alone(place: EnvironmentPlace) -> Iterator[bool]:
    """Hold both locks of an environment; yields whether nobody else held one."""
    place.prepare()
    lock = FileLock(place.making)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        with place.use.open("rb") as use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
    finally:
        lock.release()


def _names(place: EnvironmentPlace) -> list[str]:
    try:
        names: list[str] = json.loads((place.directory / _PACKAGES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return names


def _size(directory: Path) -> int:
    return sum(
        os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - there may be 100,000 files
        for parent, _, names in os.walk(directory)
        for name in names
    )
