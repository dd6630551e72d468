"""Whole answers of upstreams: read up to a limit, and taken apart off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import NotFound, ServerUnavailable
from ..logs.listings import Listing, read_listing
from ..logs.snapshots import Snapshot
from .refusals import Over, check, not_found, sentence
from .routes import Target
from .strict import read_json
from .transport import Answer, Call
from .upstreams import Upstream

T = TypeVar("T")


class Answers:
    """Asks upstreams without streams.

    Its methods raise `NotFound` for what the upstream does not know, `ServerUnavailable` for what
    is to be tried again, and `Over` for what is not.

    Parameters
    ----------
    limit
        Bytes that an answer may have.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit

    async def snapshot(self, upstream: Upstream, experiment_id: str) -> Snapshot:
        """Return an experiment and its logs, which are asked for after it."""
        path = "experiment", experiment_id
        experiment = await self._get(upstream, path, lambda result: result)
        try:
            return await self._get(
                upstream,
                ("experiment", "logs", experiment_id),
                lambda result: Snapshot.read(experiment, result),
            )
        except NotFound:
            # Unless it has just been deleted, it has no logs.
            return await self._get(
                upstream, path, lambda result: Snapshot.read(result, {"logContent": []})
            )

    async def listing(self, upstream: Upstream) -> Listing:
        """Return summaries of all experiments."""
        return await self._get(upstream, ("experiment",), read_listing)

    async def _get(self, upstream: Upstream, path: tuple[str, ...], read: Callable[[Any], T]) -> T:
        call = Call(
            "GET",
            Target(None, path).path,
            headers=(("Accept", "application/json"),),
            repeatable=True,
        )
        answer = await upstream.request(call)
        try:
            body = await self._body(answer, upstream.name)
        finally:
            answer.close()
        try:
            return await asyncio.to_thread(lambda: read(_result(body)))
        except (ValueError, RecursionError):
            raise ServerUnavailable(
                f"What the upstream '{upstream.name}' answers is no experiment of Submarine's; "
                "check its address. It is tried again."
            ) from None

    async def _body(self, answer: Answer, name: str) -> bytes:
        check(answer, name)
        if answer.status == 404:
            raise NotFound(404, await not_found(answer, name) or "Not found.")
        if answer.status != 200:
            # Apache Submarine answers 400 when its own database is away.
            reason = await sentence(answer) or "it is tried again."
            raise ServerUnavailable(f"The upstream '{name}' answers {answer.status}: {reason}")
        length = answer.headers.get("Content-Length", "")
        if not (length.isdecimal() and int(length) > self._limit):
            body = await answer.read(self._limit + 1)
            if len(body) <= self._limit:
                return body
        raise Over(
            "TooLarge",
            f"The upstream '{name}' answers with the whole log each time, and it has more than "
            f"{self._limit} bytes now; raise SubmarineExtension.max_answer_bytes to follow it.",
        )


def _result(body: bytes) -> Any:
    envelope = read_json(body)
    if not isinstance(envelope, dict) or envelope.get("success") is not True:
        raise ValueError("no envelope of a success")
    return envelope.get("result")
