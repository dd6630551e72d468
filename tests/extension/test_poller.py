"""One question for all who wait: when it is asked, and when it ends."""

from __future__ import annotations

import asyncio

from submarine_jupyter.extension.poller import Poller
from submarine_jupyter.logs.pace import Pace


async def test_who_comes_does_not_wait_for_a_slow_pace() -> None:
    answers = iter(range(9))

    async def ask() -> int:
        return next(answers)

    pace = Pace(0.05, 1000.0)
    for _ in range(40):
        pace.after("same", 0.0)
    poller = Poller(ask, lambda _: "same", pace)
    assert await poller.answer(soon=False) == 0
    patient = asyncio.create_task(poller.answer(soon=False))
    await asyncio.sleep(0.3)
    assert not patient.done()
    assert await poller.answer(soon=True) == 1
    assert await patient == 1


async def test_a_question_ends_when_nobody_waits_for_it() -> None:
    asked = 0
    ended = asyncio.Event()

    async def ask() -> int:
        nonlocal asked
        asked += 1
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return 1

    poller = Poller(ask, lambda answer: answer, Pace(0.01, 0.01))
    one, two = (asyncio.create_task(poller.answer(soon=True)) for _ in range(2))
    await asyncio.sleep(0.1)
    one.cancel()
    await asyncio.sleep(0.1)
    assert not ended.is_set()
    two.cancel()
    await asyncio.wait_for(ended.wait(), 10)
    assert asked == 1
