"""What is tracked of runs: tools, artifacts, metrics and parameters, and the runs' variables."""

from __future__ import annotations

import re
from pathlib import Path

from .api import Api, experiment, python
from .servers import serving

EXPERIMENT = "api/v1/experiment"
BASE = ["id", "createBy", "createTime", "updateBy", "updateTime"]


def test_without_a_tracking_server_none_is_available(shared_api: Api) -> None:
    for tool in ("tensorboard", "mlflow"):
        found = shared_api.result("GET", f"{EXPERIMENT}/{tool}")
        assert found == {"available": False, "url": f"/{tool}/"}


def test_artifacts_are_listed_one_level_deep_and_of_nothing_unknown(shared_api: Api) -> None:
    program = (
        "import os, pathlib; out = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR']);"
        "(out / '1').mkdir(); (out / '1' / 'model.pt').touch(); (out / 'b').touch()"
    )
    identity = shared_api.create(experiment(python(program)))
    assert shared_api.wait_for_end(identity) == "Succeeded"
    prefix = f"s3://submarine/experiment/{identity}/"
    listed = shared_api.result("GET", f"{EXPERIMENT}/artifacts/{identity}")
    assert listed == [f"{prefix}1/", f"{prefix}b"]
    assert shared_api.result("GET", f"{EXPERIMENT}/artifacts/unknown") == []


def test_metrics_and_parameters_are_answered_as_rows(shared_api: Api) -> None:
    program = "for step in range(3): print(f'step={step} loss={1 / (step + 1):.2f}')"
    cmd = f"{python(program)} --rate=0.1 --size 20 --verbose"
    identity = shared_api.create(experiment(cmd, Worker=2))
    assert shared_api.wait_for_end(identity) == "Succeeded"
    rows = shared_api.result("POST", "api/metric/selective", json={"id": identity})
    fields = [*BASE, "key", "value", "workerIndex", "timestamp", "step", "isNan"]
    assert list(rows[0]) == fields
    found = [
        (row["step"], row["value"], row["isNan"])
        for row in rows
        if (row["key"], row["workerIndex"]) == ("loss", "worker-1")
    ]
    assert found == [(0, 1.0, False), (1, 0.5, False), (2, 0.33, False)]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", rows[0]["timestamp"])

    params = shared_api.result("POST", "api/param/selective", json={"id": identity})
    assert list(params[0]) == [*BASE, "key", "value", "workerIndex"]
    options = [(row["key"], row["value"]) for row in params if row["workerIndex"] == "worker-0"]
    assert options == [("rate", "0.1"), ("size", "20"), ("verbose", "true")]
    for kind in ("metric", "param"):
        assert shared_api.result("POST", f"api/{kind}/selective", json={"id": "unknown"}) == []


def test_a_configured_tracking_server_is_told_to_clients_and_runs(tmp_path: Path) -> None:
    urls = {"tensorboard": "http://127.0.0.1:6006/", "mlflow": "http://127.0.0.1:5000/"}
    options = [part for tool, url in urls.items() for part in (f"--{tool}-url", url)]
    with serving(tmp_path, *options) as api:
        for tool, url in urls.items():
            found = api.result("GET", f"{EXPERIMENT}/{tool}")
            assert found == {"available": True, "url": url}
        names = (
            *("MLFLOW_TRACKING_URI", "MLFLOW_RUN_NAME", "JOB_ID", "SUBMARINE_TRACKING_URI"),
            *("SUBMARINE_DB_URI", "SUBMARINE_TENSORBOARD_LOG_DIR"),
        )
        program = f"import os; [print(os.environ[name]) for name in {names}]"
        identity = api.create(experiment(python(program)))
        assert api.wait_for_end(identity) == "Succeeded"
        lines = api.lines(identity)["worker-0"]
        database = f"sqlite:///{tmp_path}/tracking.db"
        logs = tmp_path / "experiments" / identity / "output" / "tensorboard"
        assert lines == [urls["mlflow"], identity, identity, database, database, str(logs)]
