"""Many follow one experiment: each gets every line once, and none slows another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import psutil
import requests

from submarine_jupyter.logs.sse import SSEParser

from .api import Api, StreamEvent, experiment, python, wait_until

WRITE = """
import sys, time
for n in range({count}):
    print(f'{{n:06}} ' + 'x' * {width})
    if n % {batch} == 0: sys.stdout.flush(); time.sleep({pause})
"""


def writer(count: int, width: int = 60, batch: int = 50, pause: float = 0.02) -> str:
    return python(WRITE.format(count=count, width=width, batch=batch, pause=pause))


def numbers(records: Iterable[StreamEvent], pod: str = "worker-0") -> list[int]:
    return [
        int(line[:6])
        for record in records
        if record.event == "log" and record.data["pod"].endswith(pod)
        for line in record.data["lines"]
    ]


def test_readers_of_all_ages_get_every_line_once(api: Api) -> None:
    count = 5_000
    identity = api.create(experiment(writer(count), Worker=2))

    def read(number: int) -> list[list[int]]:
        own = Api(api.server)
        seen: list[StreamEvent] = []
        # Each leaves after some records and comes back where it was, as a page that reloads.
        for record in own.follow(identity):
            seen.append(record)
            if len(seen) >= 7 * number:
                break
        seen += own.follow(identity, after=seen[-1].cursor)
        assert [record.event for record in seen].count("end") == 1
        return [numbers(seen, f"worker-{index}") for index in range(2)]

    with ThreadPoolExecutor(12) as pool:
        for lines in pool.map(read, range(1, 13)):
            assert lines == [list(range(count))] * 2


def test_a_frozen_reader_slows_nobody_and_misses_nothing(api: Api) -> None:
    count = 30_000  # 12 MB: more than is kept for those who follow
    identity = api.create(experiment(writer(count, width=400, batch=2_000, pause=0.01)))
    headers = {"Authorization": f"Bearer {api.server.token}"}
    url = f"{api.server.url}/api/v1/experiment/{identity}/stream"
    with requests.get(url, headers=headers, stream=True, timeout=60) as frozen:
        assert numbers(Api(api.server).follow(identity)) == list(range(count))
        api.wait_for_end(identity)
        parser = SSEParser()
        seen = [message for chunk in frozen.iter_content(65536) for message in parser.feed(chunk)]
    assert [message.event for message in seen].count("end") == 1
    logs = [json.loads(message.data) for message in seen if message.event == "log"]
    assert [int(line[:6]) for data in logs for line in data["lines"]] == list(range(count))


def test_a_reader_of_some_pods_gets_theirs_alone(api: Api) -> None:
    identity = api.create(experiment(writer(500), Worker=2))
    everything = Api(api.server).follow(identity)
    next(everything)
    seen = list(api.follow(identity, pods=f"{identity}-worker-1"))
    assert numbers(seen) == []
    assert numbers(seen, "worker-1") == list(range(500))
    assert numbers(everything) == list(range(500))


def test_a_line_written_in_two_goes_is_told_once(api: Api) -> None:
    source = (
        "import sys, time\n"
        "for n in range(200): sys.stdout.write(f'{n:06}'); sys.stdout.write('\\n'); "
        "time.sleep(0.002)"
    )
    identity = api.create(experiment(python(source)))
    assert numbers(api.follow(identity)) == list(range(200))


def test_the_files_are_let_go_with_the_last_reader(api: Api) -> None:
    identity = api.create(experiment(python("import time; print('on'); time.sleep(60)")))
    wait_until(lambda: api.lines(identity)["worker-0"] == ["on"])
    readers = [Api(api.server).follow(identity) for _ in range(3)]
    for reader in readers:
        next(reader)
    process = psutil.Process(api.server.pid)
    log = f"{identity}-worker-0/1.log"

    def open_logs() -> int:
        return sum(file.path.endswith(log) for file in process.open_files())

    wait_until(lambda: open_logs() == 1)
    for reader in readers:
        reader.close()  # type: ignore[attr-defined] # it is a generator
    wait_until(lambda: open_logs() == 0)
