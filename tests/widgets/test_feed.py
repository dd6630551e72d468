"""What feeds a widget's view: it comes back after a server was away, and ends with the run."""

from __future__ import annotations

import threading
from typing import Any

from submarine_jupyter import ExperimentClient, launch
from submarine_jupyter.client.servers import NamedServer
from submarine_jupyter.widgets.feed import Feed

from ..client.relay import Answer, forward, serve
from ..client.test_client import spec
from ..server.api import wait_until


def test_a_view_opened_after_a_failure_is_fed_again(experiment_server: launch.Server) -> None:
    run = ExperimentClient().submit(spec("print('one'); print('two')")).wait(60)
    refuses = [True]

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if "/stream" in path and refuses:
            return 403, {"Content-Type": "text/plain"}, b""
        return forward(experiment_server.url, method, path, headers, body)

    with serve(handle) as url:
        client = ExperimentClient(locator=NamedServer(url, experiment_server.token))
        sent: list[dict[str, Any]] = []

        def opened_view() -> list[dict[str, Any]]:
            """Return what a view gets that is opened now, up to where the feed ends."""
            sent.clear()
            feed.begin()
            wait_until(lambda: not feeding())
            return [record for message in sent for record in message["records"]]

        feed = Feed(client.experiment(run.id), sent.append)
        assert events_of(opened_view()) == ["error"]
        refuses.clear()
        records = opened_view()
        assert records[-1]["event"] == "end"
        assert lines_of(records) == ["one", "two"]
        again = opened_view()
        assert again[-1]["event"] == "end"
        assert lines_of(again) == ["one", "two"]
        assert "error" not in events_of(again)


def events_of(records: list[dict[str, Any]]) -> list[str]:
    return [record["event"] for record in records]


def lines_of(records: list[dict[str, Any]]) -> list[str]:
    return [
        line for record in records if record["event"] == "log" for line in record["data"]["lines"]
    ]


def feeding() -> bool:
    """Return whether a thread of a feed is alive."""
    return any(thread.name == "submarine-view" for thread in threading.enumerate())
