"""Records from an upstream that streams them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from urllib.parse import urlencode

from ..logs.sse import SSEMessage, SSEParser, StreamTooLong
from .interest import CONNECTED, Interest
from .refusals import NoStreams, Over, check, not_found, sentence
from .routes import Target
from .strict import read_json
from .transport import Answer, Call
from .upstreams import Upstream

# A comment comes every 15 s; three of them missing means that nobody is there any more.
SILENCE_SECONDS = 45.0


class StreamedRecords:
    """Follows an upstream's event stream.

    While nobody takes its records, nothing is read from the upstream.
    """

    def __init__(self, interest: Interest, upstream: Upstream) -> None:
        self._interest = interest
        self._upstream = upstream
        self._cursor = interest.after

    async def messages(self) -> AsyncGenerator[SSEMessage, None]:
        """Yield `CONNECTED` and the messages of one connection, after what was yielded before.

        Raises
        ------
        NoStreams
            The upstream has none.
        ServerUnavailable
            It is to be tried again.
        Over
            It is not.
        """
        answer = await self._upstream.request(
            Call(
                "GET",
                _target(self._interest, self._cursor),
                headers=(("Accept", "text/event-stream"),),
                repeatable=True,
                silence=SILENCE_SECONDS,
            )
        )
        try:
            await self._check(answer)
            yield CONNECTED
            parser = SSEParser()
            async for chunk in answer.chunks():
                for message in parser.feed(chunk):
                    yield message._replace(data=self._checked(message.data))
                    self._cursor = message.id or self._cursor
        except StreamTooLong as error:
            raise Over("NotSupported", str(error)) from None
        finally:
            answer.close()

    async def _check(self, answer: Answer) -> None:
        if answer.status == 200 and answer.content_type == "text/event-stream":
            return
        name = self._upstream.name
        check(answer, name)
        if answer.status in {400, 422}:
            raise Over("BadRequest", await sentence(answer) or "The upstream refused the request.")
        if "stream" not in (await self._upstream.info()).features:
            raise NoStreams
        if answer.status == 404:
            await not_found(answer, name)
            raise Over("NotFound", f"There is no {self._interest.experiment} on '{name}'.")
        raise Over("NotSupported", f"The upstream '{name}' answers a stream with something else.")

    def _checked(self, data: bytes) -> bytes:
        """Return data that is safe to be put between the others of a text frame."""
        try:
            if not self._upstream.trusted:
                # Spliced in unseen, it could close its object and speak for other subscriptions.
                read_json(data)
            elif not data.isascii():
                data.decode("utf-8")
        except (ValueError, RecursionError):
            raise Over(
                "NotSupported",
                f"The upstream '{self._upstream.name}' sent a record that is not JSON.",
            ) from None
        return data


def _target(interest: Interest, cursor: str | None) -> str:
    """Return the upstream's path and query for going on at a cursor."""
    place = (
        ("stream",)
        if interest.experiment is None
        else ("experiment", interest.experiment, "stream")
    )
    query = {}
    if cursor is not None:
        query["after"] = cursor
    elif interest.tail is not None:
        query["tail"] = str(interest.tail)
    if interest.pods is not None:
        query["pods"] = ",".join(interest.pods)
    path = Target(None, place).path
    return f"{path}?{urlencode(query)}" if query else path
