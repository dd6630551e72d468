"""Waiting with a limit, without losing a cancellation."""

from __future__ import annotations

import asyncio

import pytest

from submarine_jupyter.extension.transport import within


def test_a_cancellation_that_comes_with_the_result_is_not_lost() -> None:
    async def cancelled_as_it_is_done() -> bool:
        result: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting = asyncio.create_task(within(10, result))
        await asyncio.sleep(0)
        result.set_result(b"chunk")
        waiting.cancel()
        await asyncio.wait({waiting})
        return waiting.cancelled()

    assert asyncio.run(cancelled_as_it_is_done())


def test_the_limit_and_the_result_are_told() -> None:
    assert asyncio.run(within(10, asyncio.sleep(0, "done"))) == "done"
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(within(0.01, asyncio.sleep(10)))
