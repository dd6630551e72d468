"""The WebSocket of a page, on an upstream that has only whole logs: Apache Submarine."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from submarine_jupyter.extension import upstreams
from submarine_jupyter.logs.snapshots import Snapshot

from ..apache_submarine import ApacheSubmarine, Experiment
from ..client.relay import Answer
from .conftest import Page

OpenPage = Callable[[], Awaitable[Page]]

SHORTEST = 0.1
# Right as an experiment and as a log, but for what no page can read.
NOT_QUITE_JSON = b'{"success": true, "result": {"status": "Running", "logContent": [], "x": NaN}}'


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstreams, "_FIRST_DELAY", 0.05)
    monkeypatch.setattr(upstreams, "_LONGEST_DELAY", 0.4)


@pytest.fixture
def apache() -> Iterator[ApacheSubmarine]:
    with ApacheSubmarine().serving() as server:
        yield server


@pytest.fixture
def extension_config(apache: ApacheSubmarine) -> dict[str, Any]:
    return {
        "upstreams": {"apache": {"url": apache.url}},
        "default_upstream": "apache",
        "poll_interval": SHORTEST,
        "longest_poll_interval": 0.3,
        "max_answer_bytes": 8_000_000,
    }


@pytest.fixture
def run(apache: ApacheSubmarine) -> Experiment:
    run = apache.submit(ps=1, worker=1)
    run.status = "Running"
    return run


class Watcher:
    """Collects what a page is told under one subscription, and checks that lines go on."""

    def __init__(self, page: Page, ident: str = "1") -> None:
        self.page = page
        self.ident = ident
        self.lines: list[tuple[str, int, str]] = []
        self.partial: dict[str, str] = {}
        self.statuses: list[str] = []
        self.errors: list[str] = []
        self.end: str | None = None
        self.cursor: str | None = None
        self._places: dict[str, tuple[int, int]] = {}

    async def follow(self, run: Experiment, **order: object) -> Watcher:
        await self.page.say(op="subscribe", id=self.ident, experiment=run.ident, **order)
        return self

    async def until(self, done: Callable[[], bool]) -> Watcher:
        while not done():
            self.take(await self.page.hear())
        return self

    async def until_lines(self, count: int) -> Watcher:
        return await self.until(lambda: len(self.lines) >= count)

    async def until_end(self) -> Watcher:
        return await self.until(lambda: self.end is not None)

    def take(self, message: dict[str, Any]) -> None:
        assert message["id"] == self.ident
        self.cursor = message["cursor"] or self.cursor
        data = message["data"]
        match message["event"]:
            case "log":
                self._take_log(data)
            case "status":
                self.statuses.append(data["status"])
            case "end":
                self.end = data["status"]
            case "error":
                self.errors.append(data["code"])

    def _take_log(self, data: dict[str, Any]) -> None:
        pod, attempt, offset = data["pod"], data["attempt"], data["offset"]
        before = self._places.get(pod, (attempt, offset))
        assert (attempt, offset) in (before, (before[0] + 1, 0))
        size = sum(len(line.encode()) + 1 for line in data["lines"])
        self._places[pod] = attempt, offset + size
        self.partial[pod.rsplit("-", 2)[1]] = data.get("partial", "")
        self.lines += [(pod.rsplit("-", 2)[1], attempt, line) for line in data["lines"]]

    @property
    def texts(self) -> list[str]:
        return [text for _, _, text in self.lines]


async def eventually(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    assert condition()


async def settled(count: Callable[[], int], seconds: float = 0.7) -> int:
    """Return a count when it has not changed for a while."""
    before = -1
    while count() != before:
        before = count()
        await asyncio.sleep(seconds)
    return before


async def test_records_are_those_of_a_stream(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment
) -> None:
    run.pod("worker-0").text = "one\ntw"
    watcher = await Watcher(await open_page()).follow(run)
    await watcher.until(lambda: watcher.partial == {"worker": "tw"})
    assert watcher.lines == [("worker", 1, "one")]
    assert watcher.statuses == ["Running"]
    run.pod("worker-0").text += "o é = <b>\nthree\n"
    run.pod("ps-0").text = "served\n"
    await watcher.until(lambda: watcher.partial == {"worker": "three", "ps": "served"})
    run.status = "Succeeded"
    await watcher.until_end()
    # The two last lines were written at once.
    assert sorted(watcher.lines) == [
        ("ps", 1, "served"),
        ("worker", 1, "one"),
        ("worker", 1, "three"),
        ("worker", 1, "two é = <b>"),
    ]
    assert watcher.texts[:2] == ["one", "two é = <b>"]
    assert watcher.statuses == ["Running", "Succeeded"]
    assert (watcher.end, watcher.errors) == ("Succeeded", [])
    asked = await settled(lambda: len(apache.asked))
    # It is over, so nobody asks any more, and the id is free again: from a cursor on.
    again = await Watcher(watcher.page).follow(run, after=watcher.cursor)
    await again.until_end()
    assert again.lines == []
    assert len(apache.asked) > asked


async def test_restarted_and_vanished_pods(open_page: OpenPage, run: Experiment) -> None:
    run.pod("worker-0").text = "a\nb"
    run.pod("ps-0").text = "p\nq"
    watcher = await Watcher(await open_page()).follow(run)
    await watcher.until(lambda: watcher.partial == {"worker": "b", "ps": "q"})
    run.pod("ps-0").ready = False  # hides the worker too, whose log begins anew meanwhile
    run.pod("worker-0").text = "c\nd\ne"
    assert await watcher.page.hears_nothing(0.5)
    run.pod("ps-0").ready = True
    await watcher.until(lambda: watcher.partial["worker"] == "e")
    del run.pods[f"{run.ident}-ps-0"]
    run.status = "Failed"
    await watcher.until_end()
    assert sorted(watcher.lines) == [
        ("ps", 1, "p"),
        ("ps", 1, "q"),
        ("worker", 1, "a"),
        ("worker", 1, "b"),
        ("worker", 2, "c"),
        ("worker", 2, "d"),
        ("worker", 2, "e"),
    ]
    assert watcher.end == "Failed"


async def test_one_poll_however_many_watch(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment
) -> None:
    pages = [await open_page() for _ in range(3)]
    watchers = [Watcher(page, "1") for page in pages]
    started = time.monotonic()
    for watcher in watchers:
        await watcher.follow(run)
    for number in range(5):
        run.pod("worker-0").text += f"{number}\n"
        for watcher in watchers:
            await watcher.until(lambda: watcher.partial.get("worker") == str(number))  # noqa: B023
    polls = apache.count(f"/logs/{run.ident}")
    # Six pollers would have asked as often each.
    assert polls <= (time.monotonic() - started) / SHORTEST + 2
    run.status = "Succeeded"
    for watcher in watchers:
        await watcher.until_end()
        assert watcher.texts == list("01234")


async def test_who_comes_late_joins_at_its_own_place(open_page: OpenPage, run: Experiment) -> None:
    worker = run.pod("worker-0")
    worker.text = "0\n1\n2\n3\n4"
    first = await (await Watcher(await open_page()).follow(run)).until_lines(2)
    cursor = first.cursor
    known = len(first.lines)
    await first.until(lambda: first.partial.get("worker") == "4")
    late = await Watcher(await open_page()).follow(run, after=cursor)
    tailed = await Watcher(await open_page()).follow(run, tail=2)
    other = await Watcher(await open_page()).follow(run, pods=[f"{run.ident}-ps-0"])
    for watcher in (late, tailed):
        await watcher.until(lambda: watcher.partial.get("worker") == "4")  # noqa: B023
    worker.text += "\n5"
    run.status = "Succeeded"
    everything = [str(number) for number in range(6)]
    for watcher, texts in (
        (first, everything),
        (late, everything[known:]),
        (tailed, ["3", "4", "5"]),
        (other, []),
    ):
        assert (await watcher.until_end()).texts == texts


async def test_polling_ends_with_the_last_who_watches(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment
) -> None:
    pages = [await open_page() for _ in range(2)]
    for page in pages:
        await Watcher(page).follow(run)
        assert (await page.hear())["event"] == "status"
    await pages[0].say(op="unsubscribe", id="1")
    before = len(apache.asked)
    await eventually(lambda: len(apache.asked) > before + 3)
    pages[1].socket.close()
    await settled(lambda: len(apache.asked))


async def test_a_page_that_does_not_acknowledge_catches_up(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment
) -> None:
    """It holds no whole answer while it is late, and nobody asks on its behalf."""
    worker = run.pod("worker-0")
    worker.text = "".join(f"{number} {'x' * 90}\n" for number in range(30_000))
    page = await open_page()
    watcher = await Watcher(page).follow(run)
    sizes: list[int] = []
    while not sizes or sum(sizes) + max(sizes) <= 1024 * 1024:
        raw = await page.hear_raw()
        sizes.append(len(raw.encode()))
        watcher.take(json.loads(raw))
    assert await page.hears_nothing(1.5)
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Snapshot)]
    asked = await settled(lambda: len(apache.asked))
    worker.text += "".join(f"{number} {'y' * 90}\n" for number in range(30_000, 40_000))
    assert len(apache.asked) == asked

    # Another subscription of the same page is not held up.
    other = await Watcher(page, "2").follow(run, tail=1)
    await other.until(lambda: other.partial.get("worker", "").startswith("39999 "))
    await page.say(op="unsubscribe", id="2")

    run.status = "Succeeded"
    await page.say(op="ack", id="1", bytes=sum(sizes))
    while watcher.end is None:
        message = await page.hear()
        if message["id"] == "1":
            watcher.take(message)
    assert [text.split()[0] for text in watcher.texts] == [str(number) for number in range(40_000)]


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        (500, {}, b"oops"),
        (503, {"Content-Type": "text/html"}, b"<h1>busy"),
        (400, {"Content-Type": "application/json"}, b'{"code": 0, "message": "Unable to get"}'),
        (302, {"Location": "http://127.0.0.1:1/login"}, b""),
        (200, {"Content-Type": "text/html"}, b"<h1>log in"),
        (200, {"Content-Type": "application/json"}, NOT_QUITE_JSON),
        (200, {"Content-Type": "application/json"}, b"[" * 100_000),
    ],
)
async def test_troubles_are_told_once_and_pass(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment, trouble: Answer | None
) -> None:
    run.pod("worker-0").text = "a\nb\n"
    watcher = await (await Watcher(await open_page()).follow(run)).until_lines(1)
    apache.trouble = lambda: trouble
    await watcher.until(lambda: watcher.errors != [])
    assert await watcher.page.hears_nothing(1.0)
    run.pod("worker-0").text += "c\n"
    apache.trouble = None
    await watcher.until_lines(2)
    # As after any outage a status says that it is over.
    assert watcher.statuses == ["Running", "Running"]
    run.status = "Succeeded"
    await watcher.until_end()
    assert watcher.texts == ["a", "b", "c"]
    assert watcher.errors == ["Unreachable"]


@pytest.mark.parametrize(("status", "code"), [(401, "NotAuthenticated"), (403, "NotAuthorized")])
async def test_refusals_end_it(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment, status: int, code: str
) -> None:
    page = await open_page()
    await Watcher(page).follow(run)
    assert (await page.hear())["event"] == "status"
    apache.trouble = lambda: (status, {}, b"{}")
    error = (await page.hear())["data"]
    assert (error["code"], error["retry"]) == (code, False)
    await settled(lambda: len(apache.asked))


async def test_what_is_not_there_and_what_is_deleted(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment
) -> None:
    page = await open_page()
    await page.say(op="subscribe", id="9", experiment="experiment-1-0009")
    error = (await page.hear())["data"]
    assert error == {"code": "NotFound", "message": "Not found experiment.", "retry": False}
    run.pod("worker-0").text = "a\nb"
    watcher = await (await Watcher(page).follow(run)).until(lambda: True)
    await watcher.until(lambda: watcher.partial == {"worker": "b"})
    apache.delete(run)
    await watcher.until_end()
    assert (watcher.end, watcher.texts, watcher.errors) == ("Deleted", ["a", "b"], [])


async def test_a_cursor_of_another_kind_is_refused(open_page: OpenPage, run: Experiment) -> None:
    page = await open_page()
    await Watcher(page).follow(run, after="c99")
    error = (await page.hear())["data"]
    assert (error["code"], error["retry"]) == ("BadRequest", False)


async def test_a_log_beyond_the_limit_is_refused(open_page: OpenPage, run: Experiment) -> None:
    page = await open_page()
    watcher = await Watcher(page).follow(run)
    await watcher.until(lambda: watcher.statuses == ["Running"])
    run.pod("worker-0").text = "x" * 99 + "\n"
    run.pod("worker-0").text *= 100_000
    error = (await page.hear())["data"]
    assert (error["code"], error["retry"]) == ("TooLarge", False)
    assert "max_answer_bytes" in error["message"]


async def test_all_experiments(
    open_page: OpenPage, apache: ApacheSubmarine, run: Experiment
) -> None:
    page = await open_page()
    await page.say(op="subscribe", id="1", experiment="*")

    async def hear() -> tuple[str, Any]:
        message = await page.hear()
        assert message["cursor"] is None
        data = message["data"]
        if message["event"] == "status":
            assert "LR" not in json.dumps(data)  # a variable
            return "status", (data["experimentId"], data["status"])
        return message["event"], data

    assert await hear() == ("status", (run.ident, "Running"))
    assert await hear() == ("list", {"experimentIds": [run.ident]})
    other = apache.submit()
    assert await hear() == ("status", (other.ident, "Accepted"))
    run.status = "Succeeded"
    assert await hear() == ("status", (run.ident, "Succeeded"))
    apache.delete(other)
    assert await hear() == ("deleted", {"experimentId": other.ident})
    apache.trouble = lambda: None
    assert (await hear())[1]["code"] == "Unreachable"
    apache.delete(run)
    apache.trouble = None
    assert await hear() == ("connected", None)
    assert await hear() == ("deleted", {"experimentId": run.ident})
    assert await hear() == ("list", {"experimentIds": []})
