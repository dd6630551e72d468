"""Waiting with a limit, without losing a cancellation; and which way requests take."""

from __future__ import annotations

import asyncio

import pytest

from submarine_jupyter.errors import ServerUnavailable
from submarine_jupyter.extension.transport import Call, Endpoint, Transport, within

from ..client.relay import Answer, Handler, serve


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


def test_only_what_is_elsewhere_is_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, list[str]] = {"proxy": [], "here": []}

    def noting(place: str) -> Handler:
        def handle(_method: str, path: str, headers: dict[str, str], _body: bytes) -> Answer:
            asked[place].append(f"{path} {headers.get('Authorization')}")
            return 200, {}, b""

        return handle

    async def ask(*urls: str) -> None:
        transport = Transport(5, 5)
        try:
            for url in urls:
                (await transport.send("team", Endpoint(url, "secret"), Call("GET", "a"))).close()
        finally:
            await transport.close()

    with serve(noting("proxy")) as proxy, serve(noting("here")) as here:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        asyncio.run(ask(here, here.replace("127.0.0.1", "localhost"), "http://team.example"))
        assert asked == {
            "here": ["/a Bearer secret", "/a Bearer secret"],
            "proxy": ["http://team.example/a Bearer secret"],
        }
        monkeypatch.setenv("no_proxy", "team.example")
        with pytest.raises(ServerUnavailable):
            asyncio.run(ask("http://team.example"))
        assert len(asked["proxy"]) == 1
