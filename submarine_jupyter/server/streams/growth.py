"""Says when files grow: by inotify where there is one, else by looking."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncinotify import Inotify, Watch

_LOOK = 0.05
_LOOK_ALL_THE_SAME = 1.0


@dataclass
class _Expected:
    """A file that is expected to grow, how that is seen, and who is to be told."""

    watch: Watch
    wakes: set[asyncio.Event] = field(default_factory=set)


class GrowthWatcher:
    """Wakes whoever expects a file to grow."""

    def __init__(self) -> None:
        self._inotify: Inotify | None = None
        self._expecting: dict[Path, _Expected] = {}

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
        known = self._expecting.get(path)
        if self._inotify is None or (known is not None and wake in known.wakes):
            return
        from asyncinotify import Mask

        try:
            watch = self._inotify.add_watch(path, Mask.MODIFY | Mask.ONESHOT)
        except OSError:  # there is no such file yet, or there are too many watches
            return
        expected = self._expecting.setdefault(path, _Expected(watch))
        expected.watch = watch
        expected.wakes.add(wake)

    def forget(self, wake: asyncio.Event) -> None:
        """Do not set `wake` any more."""
        for path, expected in list(self._expecting.items()):
            expected.wakes.discard(wake)
            if not expected.wakes:
                del self._expecting[path]
                self._unwatch(expected.watch)

    def _drain(self) -> None:
        from asyncinotify import Mask

        assert self._inotify is not None  # noqa: S101 - it is what has called this
        while (event := self._inotify.sync_get()) is not None:
            if Mask.Q_OVERFLOW in event.mask:
                self._wake_all()
            elif event.watch is not None and self._is_news(event.watch, Mask.IGNORED in event.mask):
                for wake in self._expecting.pop(event.watch.path).wakes:
                    wake.set()

    def _is_news(self, watch: Watch, is_over: bool) -> bool:
        """Whether somebody waits for what a watch tells, growth or that it is over."""
        expected = self._expecting.get(watch.path)
        return expected is not None and (expected.watch is watch or not is_over)

    def _unwatch(self, watch: Watch) -> None:
        """Give a watch back: the system lets a user have so many only."""
        with suppress(OSError):  # the file may have grown just now, which ends it too
            assert self._inotify is not None  # noqa: S101 - whoever has a watch has it from there
            self._inotify.rm_watch(watch)

    def _wake_all(self) -> None:
        """Have everybody look: some files may have grown without a word."""
        for expected in self._expecting.values():
            for wake in expected.wakes:
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
