"""Whoever expects a file to grow is told so."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from submarine_jupyter.server.streams.growth import GrowthWatcher

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs inotify")

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")


@asynccontextmanager
async def bound() -> AsyncIterator[GrowthWatcher]:
    watcher = GrowthWatcher()
    watcher.bind()
    yield watcher
    watcher.close()


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write("more\n")


async def told(*wakes: asyncio.Event) -> None:
    await asyncio.wait_for(asyncio.gather(*(wake.wait() for wake in wakes)), 10)


def test_all_who_expect_it_are_told_each_time(tmp_path: Path) -> None:
    async def watch() -> None:
        path = tmp_path / "1.log"
        path.touch()
        wakes = [asyncio.Event(), asyncio.Event()]
        async with bound() as watcher:
            for _ in range(3):
                for wake in wakes * 2:
                    wake.clear()
                    watcher.expect(path, wake)
                grow(path)
                await told(*wakes)

    asyncio.run(watch())


def test_who_has_been_forgotten_is_not_told(tmp_path: Path) -> None:
    async def watch() -> None:
        path = tmp_path / "1.log"
        path.touch()
        kept, forgotten = asyncio.Event(), asyncio.Event()
        async with bound() as watcher:
            watcher.expect(path, kept)
            watcher.expect(path, forgotten)
            watcher.forget(forgotten)
            grow(path)
            await told(kept)
            assert not forgotten.is_set()

    asyncio.run(watch())


def test_a_watch_that_nobody_needs_is_given_back(tmp_path: Path) -> None:
    def watches() -> int:
        found = 0
        for about in Path("/proc/self/fdinfo").iterdir():
            with suppress(FileNotFoundError):  # that of the listing itself
                found += about.read_text().count("inotify wd:")
        return found

    async def watch() -> None:
        path = tmp_path / "1.log"
        path.touch()
        one, another = asyncio.Event(), asyncio.Event()
        async with bound() as watcher:
            before = watches()
            for wake in (one, another):
                watcher.expect(path, wake)
            watcher.forget(one)
            assert watches() == before + 1
            watcher.forget(another)
            assert watches() == before
            watcher.expect(path, one)
            grow(path)
            await told(one)

    asyncio.run(watch())


def test_more_news_than_the_system_keeps_wake_everybody(tmp_path: Path) -> None:
    # Each gives two: that it has changed, and that it is watched no more.
    count = int(QUEUE.read_text()) // 2 + 100
    if not count < 20_000 < int(WATCHES.read_text()):
        pytest.skip("the system keeps too many, or allows too few")

    async def watch() -> None:
        paths = [tmp_path / f"{number}.log" for number in range(count)]
        for path in paths:
            path.touch()
        wake, last = asyncio.Event(), asyncio.Event()
        async with bound() as watcher:
            for path in paths[:-1]:
                watcher.expect(path, wake)
            watcher.expect(paths[-1], last)
            for path in paths:
                grow(path)
            await told(wake, last)
            # From then on they are told as before.
            last.clear()
            watcher.expect(paths[-1], last)
            grow(paths[-1])
            await told(last)

    asyncio.run(watch())
