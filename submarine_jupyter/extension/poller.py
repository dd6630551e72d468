"""One question to an upstream, asked again and again for all who wait for its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from ..logs.listings import Listing
from ..logs.pace import Pace
from ..logs.snapshots import Snapshot
from .answers import Answers
from .transport import within
from .upstreams import Upstream

T = TypeVar("T")


class Poller(Generic[T]):
    """Asks while somebody waits, and keeps no answer.

    Who has not taken in the last answer yet does not wait for the next one, and gets the one
    that is there when it does.

    Parameters
    ----------
    ask
        Gets an answer.
    extent
        Tells what is another value when an answer brings news.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[T]], extent: Callable[[T], object], pace: Pace
    ) -> None:
        self._ask = ask
        self._extent = extent
        self._pace = pace
        self._asked = self._due = 0.0
        self._sooner = asyncio.Event()
        self._waiting: set[asyncio.Future[T]] = set()
        self._task: asyncio.Task[None] | None = None

    async def answer(self, *, soon: bool) -> T:
        """Return the next answer; raises what asking for it raised.

        Parameters
        ----------
        soon
            Ask without waiting for more than the shortest pause.
        """
        if soon:
            self._due = min(self._due, self._asked + self._pace.shortest)
            self._sooner.set()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        try:
            return await future
        finally:
            self._waiting.discard(future)
            if not self._waiting and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _work(self) -> None:
        with suppress(asyncio.TimeoutError):
            while (left := self._due - time.monotonic()) > 0:
                self._sooner.clear()
                await within(left, self._sooner.wait())
        self._asked = time.monotonic()
        try:
            answer = await self._ask()
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            self._due = time.monotonic() + self._pace.shortest
            failure = error
            self._hand_out(lambda future: future.set_exception(failure))
        else:
            now = time.monotonic()
            self._due = now + self._pace.after(self._extent(answer), now - self._asked)
            self._hand_out(lambda future: future.set_result(answer))

    def _hand_out(self, give: Callable[[asyncio.Future[T]], None]) -> None:
        waiting, self._waiting, self._task = self._waiting, set(), None
        for future in waiting:
            if not future.done():
                give(future)


class Pollers:
    """The pollers of all upstreams: one an experiment, and one a list, however many follow it.

    Each lives as long as somebody holds it.

    Parameters
    ----------
    answers
        Asks the upstreams.
    shortest, longest
        Seconds between two questions: while there is news, and at most.
    """

    def __init__(self, answers: Answers, shortest: float, longest: float) -> None:
        self._answers = answers
        self._shortest = shortest
        self._longest = longest
        self._experiments: WeakValueDictionary[tuple[str, str], Poller[Snapshot]] = (
            WeakValueDictionary()
        )
        self._lists: WeakValueDictionary[str, Poller[Listing]] = WeakValueDictionary()

    def of_experiment(self, upstream: Upstream, experiment_id: str) -> Poller[Snapshot]:
        """Return the poller of an experiment and its logs."""
        key = upstream.name, experiment_id
        poller = self._experiments.get(key)
        if poller is None:
            poller = Poller(
                lambda: self._answers.snapshot(upstream, experiment_id),
                lambda snapshot: snapshot.extent,
                self._pace(),
            )
            self._experiments[key] = poller
        return poller

    def of_list(self, upstream: Upstream) -> Poller[Listing]:
        """Return the poller of an upstream's list of experiments."""
        poller = self._lists.get(upstream.name)
        if poller is None:
            poller = Poller(
                lambda: self._answers.listing(upstream), lambda listing: listing, self._pace()
            )
            self._lists[upstream.name] = poller
        return poller

    def _pace(self) -> Pace:
        return Pace(self._shortest, self._longest)
