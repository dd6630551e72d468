"""The records of an upstream, in whichever way it gives them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from ..errors import ServerUnavailable
from ..logs.sse import SSEMessage
from .interest import Interest
from .poller import Pollers
from .refusals import NoStreams
from .streamed import StreamedRecords
from .upstreams import Upstream
from .whole import WholeRecords, whole_records


class UpstreamRecords:
    """What a page wants to follow, and where it comes from.

    Attributes
    ----------
    interest, upstream
        What is followed, and of whom.
    """

    def __init__(self, interest: Interest, upstream: Upstream, pollers: Pollers) -> None:
        self.interest = interest
        self.upstream = upstream
        self._pollers = pollers
        self._source: StreamedRecords | WholeRecords[Any] = StreamedRecords(interest, upstream)
        self._has_begun = False

    async def messages(self) -> AsyncGenerator[SSEMessage, None]:
        """Yield `CONNECTED`, then the messages that come after those that were yielded before.

        Raises
        ------
        ServerUnavailable
            It is to be tried again.
        Over
            It is not.
        """
        while True:
            try:
                async with aclosing(self._source.messages()) as messages:
                    async for message in messages:
                        yield message
                        self._has_begun = True
            except NoStreams:
                self._source = whole_records(self.interest, self.upstream, self._pollers)
            except ServerUnavailable:
                if not self._has_begun:
                    # A gateway may have answered in the place of a server that has streams.
                    self._source = StreamedRecords(self.interest, self.upstream)
                raise
            else:
                return
