"""Metrics out of plain log lines: as a list, in the stream, and without false finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from submarine_jupyter import launch
from submarine_jupyter.server.metrics.pods import PodMetrics, ReadingRate

from .api import Api, StreamEvent, experiment, python, wait_until
from .servers import serving

TRAIN = """
import time
for step in range(30):
    print(f"step {step}: loss={1 / (step + 1):.4f} accuracy={step / 30:.3f}", flush=True)
    time.sleep(0.01)
print("loss=nan")
"""
SEED = Path(__file__).parents[1] / "data" / "get-log-response.json"


def series(api: Api, identity: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = api.result("GET", f"api/v1/experiment/{identity}/metrics")
    return {(entry["pod"].removeprefix(f"{identity}-"), entry["name"]): entry for entry in found}


def streamed(records: list[StreamEvent]) -> dict[tuple[str, str], list[list[float | None]]]:
    points: dict[tuple[str, str], list[list[float | None]]] = {}
    for record in records:
        if record.event == "metric":
            key = (record.data["pod"].rpartition("-worker")[2], record.data["name"])
            points.setdefault(key, []).extend(record.data["points"])
    return points


def test_a_run_s_metrics_are_listed_and_streamed(api: Api) -> None:
    identity = api.create(experiment(python(TRAIN), Worker=2))
    records = list(api.follow(identity))
    assert [record.event for record in records][-1] == "end"
    found = series(api, identity)
    assert found.keys() == {
        (f"worker-{index}", name) for index in range(2) for name in ("loss", "accuracy")
    }
    loss = found["worker-1", "loss"]
    assert loss["sampled"] is False
    assert [point[0] for point in loss["points"]] == [*map(float, range(30)), None]
    assert loss["points"][1][1] == 0.5
    assert loss["points"][-1][1] is None
    assert streamed(records)["-1", "loss"] == loss["points"]

    path = f"api/v1/experiment/{identity}/pods/{identity}-worker-1/log"
    at = loss["points"][7][2]
    line = api.call("GET", path, headers={"Range": f"bytes={at}-{at + 20}"}).text
    assert line.startswith("step 7: loss=0.1250")


def test_metrics_come_while_the_run_goes_on_and_come_again_after_a_restart(data_dir: Path) -> None:
    source = TRAIN + "\ntime.sleep(60)"
    with serving(data_dir) as api:
        identity = api.create(experiment(python(source)))
        wait_until(
            lambda: (
                len(series(api, identity).get(("worker-0", "loss"), {"points": []})["points"]) == 31
            )
        )
        before = series(api, identity)
    again = Api(launch.ensure(data_dir))
    assert series(again, identity) == before
    again.result("DELETE", f"api/v1/experiment/{identity}")
    assert again.call("GET", f"api/v1/experiment/{identity}/metrics").status_code == 404


def test_the_log_of_the_api_s_own_document_has_one_series_a_pod(api: Api, tmp_path: Path) -> None:
    content = json.loads(SEED.read_text())["result"]["logContent"]
    for index, pod in enumerate(content):
        (tmp_path / f"{index}.log").write_text("\n".join(pod["podLog"]) + "\n")
    show = python(
        f"import os, pathlib; print(pathlib.Path({str(tmp_path)!r}, "
        "os.environ['SUBMARINE_INDEX'] + '.log').read_text(), end='')"
    )
    identity = api.create(experiment(show, Worker=len(content)))
    assert api.wait_for_end(identity) == "Succeeded"
    found = series(api, identity)
    with_points = [pod for pod in content if any("Accuracy at" in line for line in pod["podLog"])]
    assert len(with_points) == len(found)
    for (_, name), entry in found.items():
        assert name == "accuracy"
        assert len(entry["points"]) == 100


def slow() -> ReadingRate:
    """Return the rate of a reader that takes a second for a thousand bytes."""
    rate = ReadingRate()
    rate.note(1000, 1.0)
    return rate


def test_a_reader_that_is_far_behind_leaps_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    path.write_bytes(b"".join(b"step %06d loss=0.5\n" % step for step in range(100_000)))
    metrics = PodMetrics(path, rate=slow())
    points = metrics.read(path.stat().st_size)
    assert metrics.is_sampled
    assert points
    assert {point.name for point in points} == {"loss"}
    assert all(point.step is not None for point in points)


def test_a_reader_is_not_judged_by_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    path.write_bytes(b"".join(b"step %06d loss=0.5\n" % step for step in range(10_000)))
    stalled = ReadingRate()
    stalled.note(100, 0.5)
    metrics = PodMetrics(path, rate=stalled)
    points = metrics.read(None)
    while metrics.is_behind():
        points += metrics.read(None)
    assert [point.step for point in points] == list(map(float, range(10_000)))
    assert not metrics.is_sampled


def test_a_rate_is_that_of_the_last_seconds() -> None:
    rate = ReadingRate()
    assert rate.seconds_for(100) is None
    rate.note(1000, 10.0)
    assert rate.seconds_for(100) == 1.0
    for _ in range(100):
        rate.note(100_000, 1.0)
    seconds = rate.seconds_for(100_000)
    assert seconds is not None
    assert 0.99 < seconds < 1.01


def test_a_log_that_was_cut_short_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    path.write_text("step 1 loss=0.5\nstep 2 loss=0.4\n")
    metrics = PodMetrics(path)
    assert len(metrics.read(None)) == 2
    path.write_text("step 3 loss=0.3\n")
    assert [point.step for point in metrics.read(None)] == [3.0]
    assert metrics.cuts == 1


def test_a_log_that_cannot_be_read_is_told_of_once(api: Api, data_dir: Path) -> None:
    identity = api.create(experiment(python("import time; time.sleep(60)")))
    api.wait_for(identity, "Running")
    directory = data_dir / "experiments" / identity
    (log,) = directory.rglob("1.log")
    log.unlink()
    log.symlink_to(log)
    for _ in range(3):
        assert series(api, identity) == {}
    said = (data_dir / "server.log").read_text()
    assert said.count(f"the metrics of {identity} cannot be read") == 1
    api.result("DELETE", f"api/v1/experiment/{identity}")
