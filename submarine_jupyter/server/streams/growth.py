"""Says when files grow: by inotify where there is one, else by looking."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncinotify import Inotify

_LOOK = 0.05
_LOOK_ALL_THE_SAME = 1.0


class GrowthWatcher:
    """Wakes whoever expects a file to grow."""

    def __init__(self) -> None:
        self._inotify: Inotify | None = None
        self._expecting: dict[Path, set[asyncio.Event]] = {}

    def bind(self) -> None:
        """Belong to the running event loop from now on."""
        self._inotify = _inotify()
        if self._inotify is not None:
            asyncio.get_running_loop().add_reader(self._inotify.fd, self._drain)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._inotify is not None:
            asyncio.get_running_loop().remove_reader(self._inotify.fd)
            self._inotify.close()
            self._inotify = None

    @property
    def patience(self) -> float:
        """Seconds after which a file is to be looked at without being told that it has grown."""
        return _LOOK if self._inotify is None else _LOOK_ALL_THE_SAME

    def expect(self, path: Path, wake: asyncio.Event) -> None:
        """Set `wake` once, when the file has grown from now on.

        Whoever expects it looks at the file once more afterwards: it may have grown before.
        """
        if self._inotify is None or wake in self._expecting.get(path, ()):
            return
        from asyncinotify import Mask

        try:
            self._inotify.add_watch(path, Mask.MODIFY | Mask.ONESHOT)
        except OSError:  # there is no such file yet, or there are too many watches
            return
        self._expecting.setdefault(path, set()).add(wake)

    def forget(self, wake: asyncio.Event) -> None:
        """Do not set `wake` any more."""
        for path in [path for path, waiting in self._expecting.items() if wake in waiting]:
            self._expecting[path].discard(wake)
            if not self._expecting[path]:
                del self._expecting[path]

    def _drain(self) -> None:
        from asyncinotify import Mask

        assert self._inotify is not None  # noqa: S101 - it is what has called this
        while (event := self._inotify.sync_get()) is not None:
            if Mask.Q_OVERFLOW in event.mask:
                self._wake_all()
            elif event.path is not None:
                for wake in self._expecting.pop(event.path, ()):
                    wake.set()

    def _wake_all(self) -> None:
        """Have everybody look: some files may have grown without a word."""
        for waiting in self._expecting.values():
            for wake in waiting:
                wake.set()
        self._expecting.clear()


def _inotify() -> Inotify | None:
    if not sys.platform.startswith("linux"):
        return None
    from asyncinotify import Inotify

    try:
        return Inotify(sync_timeout=0)
    except OSError:  # this user has too many already
        return None
