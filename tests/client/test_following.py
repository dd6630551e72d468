"""A stream that breaks off, stays away, or is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from submarine_jupyter.client.following import EVERYTHING, Record, follow
from submarine_jupyter.client.servers import NamedServer
from submarine_jupyter.client.transport import Transport
from submarine_jupyter.errors import ServerUnavailable

from .relay import Answer, serve

COMMENT = b": still here\n\n"
END = b"event: end\nid: c1\ndata: " + json.dumps({"status": "Succeeded"}).encode() + b"\n\n"


def events(body: bytes) -> Answer:
    return 200, {"Content-Type": "text/event-stream; charset=utf-8"}, body


@contextmanager
def followed(answer: Callable[[int], Answer], patience: float) -> Iterator[Iterator[Record]]:
    """Yield the records of a server that answers the first question, the second, and so on."""
    questions = 0

    def handle(*_: object) -> Answer:
        nonlocal questions
        questions += 1
        return answer(questions)

    with serve(handle) as url:
        transport = Transport(NamedServer(url, None))
        yield follow(transport, "experiment-1-0001", EVERYTHING, patience=patience)
        transport.close()


def test_a_quiet_stream_may_break_off_again_and_again() -> None:
    # Together longer than the patience, each time shorter.
    with followed(lambda number: events(COMMENT if number < 5 else END), 1.5) as records:
        assert [record.event for record in records] == ["end"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, {"Content-Type": "text/html"}, b"<form>Log in</form>"), "has not answered"),
        (events(b""), "has not answered"),
        ((200, {"Content-Type": "application/json"}, b"{"), "has not answered"),
    ],
    ids=["page", "nothing", "json"],
)
def test_what_is_no_stream_is_not_asked_for_ever(answer: Answer, said: str) -> None:
    with followed(lambda _: answer, 0.3) as records, pytest.raises(ServerUnavailable, match=said):
        list(records)


@pytest.mark.parametrize("status", [408, 425, 429, 500])
def test_a_server_that_asks_to_wait_is_asked_again(status: int) -> None:
    with followed(lambda number: (status, {}, b"") if number < 3 else events(END), 30) as records:
        assert [record.event for record in records] == ["end"]
