"""Streams of events, as a test writes them in an upstream's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


def record(event: str, cursor: int, data: object) -> bytes:
    return f"id: c{cursor}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()


@asynccontextmanager
async def stream(request: web.Request) -> AsyncIterator[web.StreamResponse]:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    yield response


def records_from(request: web.Request) -> int:
    """Return the number after the one the request's cursor names."""
    return int(request.query.get("after", "c-1").removeprefix("c")) + 1


async def forever(request: web.Request) -> web.StreamResponse:
    """Count up from the cursor, and never end."""
    async with stream(request) as response:
        number = records_from(request)
        while True:
            await response.write(record("log", number, {"n": number}))
            number += 1
            await asyncio.sleep(0.01)


async def silent(request: web.Request) -> web.StreamResponse:
    """Open, and never send anything."""
    async with stream(request) as response:
        await asyncio.sleep(3600)
    return response
