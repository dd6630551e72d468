"""The live records: every line once and in order, over any interruption of the reader."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from submarine_jupyter import launch

from .api import Api, StreamEvent, experiment, python, wait_until

COUNT = "import time\nfor n in range({n}): print(n, flush=True); time.sleep({pause})"


@pytest.fixture
def api(shared_api: Api) -> Api:
    return shared_api


def lines_of(records: list[StreamEvent]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in records:
        if record.event == "log":
            pod = record.data["pod"].rsplit("-", 2)
            found.setdefault("-".join(pod[1:]), []).extend(record.data["lines"])
    return found


def test_a_reader_from_the_start_sees_everything_once(api: Api) -> None:
    identity = api.create(experiment(python(COUNT.format(n=50, pause=0.01)), Worker=2))
    records = list(api.follow(identity))
    numbers = [str(n) for n in range(50)]
    assert lines_of(records) == {"worker-0": numbers, "worker-1": numbers}
    assert records[0].event == "status"
    assert records[-1].event == "end"
    assert records[-1].data == {"status": "Succeeded"}
    statuses = [record.data["status"] for record in records if record.event == "status"]
    assert statuses[-1] == "Succeeded"
    events = [record.data["reason"] for record in records if record.event == "event"]
    assert events == [event["reason"] for event in api.events(identity)]


@pytest.mark.parametrize("cut", [1, 3, 5, 9])
def test_a_reader_that_comes_back_gets_each_line_and_event_once(api: Api, cut: int) -> None:
    identity = api.create(experiment(python(COUNT.format(n=30, pause=0.03)), Worker=2))
    seen: list[StreamEvent] = []
    params: dict[str, Any] = {}
    while not seen or seen[-1].event != "end":
        for number, record in enumerate(api.follow(identity, **params)):
            seen.append(record)
            if number == cut:
                break
        params = {"after": seen[-1].cursor}
    numbers = [str(n) for n in range(30)]
    assert lines_of(seen) == {"worker-0": numbers, "worker-1": numbers}
    events = [record.data for record in seen if record.event == "event"]
    assert events == api.events(identity)


def test_last_event_id_resumes_as_browsers_do(api: Api) -> None:
    identity = api.create(experiment(python(COUNT.format(n=5, pause=0))))
    logs = (record for record in api.follow(identity) if record.event == "log")
    first = next(record for record in logs if record.data["lines"])
    headers = {"Last-Event-ID": first.cursor}
    path = f"api/v1/experiment/{identity}/stream"
    text = api.call("GET", path, headers=headers).text
    assert '"0"' not in text
    assert "event: end" in text


def test_tail_and_pods_choose_what_a_new_reader_gets(api: Api) -> None:
    identity = api.create(experiment(python(COUNT.format(n=100, pause=0)), Worker=2))
    api.wait_for_end(identity)
    tail = lines_of(list(api.follow(identity, tail=3)))
    assert tail == {"worker-0": ["97", "98", "99"], "worker-1": ["97", "98", "99"]}
    one = lines_of(list(api.follow(identity, pods=f"{identity}-worker-1", tail=1)))
    assert one == {"worker-1": ["99"]}
    assert lines_of(list(api.follow(identity, tail=0))) == {}


def test_offsets_are_those_of_the_raw_log(api: Api) -> None:
    identity = api.create(
        experiment(python("print('ä'); print('b', end='\\r\\n'); print('c', end='')"))
    )
    records = [record.data for record in api.follow(identity) if record.event == "log"]
    pod = f"{identity}-worker-0"
    raw = api.call("GET", f"api/v1/experiment/{identity}/pods/{pod}/log").content
    whole = [record for record in records if record["lines"]]
    for record in whole:
        first = record["lines"][0].encode()
        assert raw[record["offset"] :].startswith(first)
    assert [line for record in whole for line in record["lines"]] == ["ä", "b", "c"]
    part = api.call(
        "GET", f"api/v1/experiment/{identity}/pods/{pod}/log", headers={"Range": "bytes=0-1"}
    )
    assert (part.status_code, part.content) == (206, "ä".encode())


def test_an_unfinished_line_is_shown_as_it_grows_and_counted_once(api: Api) -> None:
    source = (
        "import sys, time\n"
        "for n in range(8): sys.stdout.write(f'\\r{n}/8'); sys.stdout.flush(); time.sleep(0.3)\n"
        "print()"
    )
    identity = api.create(experiment(python(source)))
    records = [record.data for record in api.follow(identity) if record.event == "log"]
    partials = [record["partial"] for record in records if "partial" in record]
    assert len(set(partials)) > 3
    assert all("\r" not in partial for partial in partials)
    assert all(record["lines"] == [] for record in records if "partial" in record)
    (line,) = [line for record in records for line in record["lines"]]
    assert line.endswith("7/8")


def test_invalid_utf8_is_shown_and_its_bytes_are_kept(api: Api) -> None:
    identity = api.create(experiment(python("import os; os.write(1, b'a\\xff\\xe2\\x82b\\n')")))
    (line,) = lines_of(list(api.follow(identity)))["worker-0"]
    assert line == b"a\xff\xe2\x82b".decode("utf-8", "replace")
    pod = f"{identity}-worker-0"
    raw = api.call("GET", f"api/v1/experiment/{identity}/pods/{pod}/log")
    assert raw.content == b"a\xff\xe2\x82b\n"


def test_deletion_ends_a_stream(api: Api) -> None:
    identity = api.create(experiment(python("import time; print('up'); time.sleep(60)")))
    records = api.follow(identity)
    for record in records:
        if record.event == "log":
            break
    api.result("DELETE", f"api/v1/experiment/{identity}")
    assert list(records)[-1].data == {"status": "Deleted"}


def test_a_deletion_is_not_taken_for_a_log_that_somebody_removed(api: Api) -> None:
    many_files = """
import os, time
for number in range(5_000):
    open(f"{os.environ['SUBMARINE_OUTPUT_DIR']}/{number}", "w").close()
print("made", flush=True)
time.sleep(60)
"""
    identity = api.create(experiment(python(many_files)))
    records = api.follow(identity)
    for record in records:
        if record.event == "log":
            break
    with ThreadPoolExecutor(1) as threads:
        deletion = threads.submit(Api(api.server).call, "DELETE", f"api/v1/experiment/{identity}")
        told = [record.data for record in records if record.event == "event"]
        assert deletion.result().status_code == 200
    assert "LogGone" not in {event["reason"] for event in told}


@pytest.mark.parametrize("after", ["nonsense", "9!0", "1!0!../x*1*1"])
def test_a_cursor_of_no_stream_is_refused(api: Api, after: str) -> None:
    identity = api.create(experiment(python("pass")))
    for path in ("api/v1/stream", f"api/v1/experiment/{identity}/stream"):
        response = api.call("GET", path, params={"after": after})
        assert response.status_code == 400
        assert response.json()["message"].startswith("after: ")


def test_the_stream_of_all_tells_statuses_events_and_deletions(api: Api) -> None:
    old = api.create(experiment(python("pass")))
    api.wait_for_end(old)
    records = api.stream("api/v1/stream")
    while next(records).data["experimentId"] != old:
        pass
    new = api.create(experiment(python("pass"), env={"SECRET": "hush"}))
    seen: list[StreamEvent] = []
    for record in records:
        seen.append(record)
        is_new = record.data["experimentId"] == new
        if is_new and record.event == "status" and record.data["status"] == "Succeeded":
            break
    # Runs that other tests have left may still end meanwhile.
    told = {record.data["experimentId"] for record in seen}
    assert new in told
    assert old not in told
    assert "hush" not in str(seen)
    api.result("DELETE", f"api/v1/experiment/{new}")
    assert next(record for record in records if record.event == "deleted").data == {
        "experimentId": new,
        "message": "it was deleted",
    }
    # Who comes back with a cursor is told what was missed, the deletion included.
    again = api.stream("api/v1/stream", after=seen[0].cursor)
    assert next(record for record in again if record.event == "deleted").data["experimentId"] == new


def test_the_list_says_where_the_stream_goes_on(api: Api) -> None:
    listed = api.call("GET", "api/v1/experiment", params={"view": "summary"}).json()
    identity = api.create(experiment(python("pass")))
    first = next(api.stream("api/v1/stream", after=listed["attributes"]["cursor"]))
    assert (first.event, first.data["experimentId"]) in {("status", identity), ("event", identity)}


def test_a_reader_goes_on_after_the_server_was_killed(data_dir: Path) -> None:
    api = Api(launch.ensure(data_dir))
    identity = api.create(experiment(python(COUNT.format(n=40, pause=0.05))))
    seen: list[StreamEvent] = []
    for record in api.follow(identity):
        seen.append(record)
        if record.event == "log" and "5" in record.data["lines"]:
            break
    process = psutil.Process(api.server.pid)
    process.kill()
    wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    again = Api(launch.ensure(data_dir))
    seen += again.follow(identity, after=seen[-1].cursor)
    assert lines_of(seen) == {"worker-0": [str(n) for n in range(40)]}
    assert [record.data for record in seen if record.event == "event"] == again.events(identity)
