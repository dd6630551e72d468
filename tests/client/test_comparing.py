"""Metrics, changes and comparisons of experiments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from submarine_jupyter import Experiment, ExperimentClient
from submarine_jupyter.client.comparison import Comparison, seconds_of
from submarine_jupyter.client.fields import differing, fields_of, shown
from submarine_jupyter.client.metrics import COLUMNS, final_values
from submarine_jupyter.client.provenance import CELL_HASH, PACKAGES, PACKAGES_HASH
from submarine_jupyter.errors import NotFound, UsageError
from submarine_jupyter.spec.program import encode_cell

from .test_client import spec

TRAINING = "import os; lr = os.environ['LR']; [print(f'step {n} loss: {1 / n}') for n in (1, 2, 4)]"


@pytest.fixture(scope="module")
def pair(shared_dir: Path) -> tuple[Experiment, Experiment]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUBMARINE_DATA_DIR", str(shared_dir))
        patch.delenv("SUBMARINE_URL", raising=False)
        client = ExperimentClient()
        first = client.submit(
            spec(TRAINING, name="first", envVars={"LR": "0.1", "API_KEY": "hidden1", "SAME": "1"})
        ).wait(60)
        second = first.clone(
            name="second", env={"LR": 0.01, "API_KEY": "hidden2"}, replicas={"Worker": 2}
        ).wait(60)
    return first, second


def test_metrics_are_a_frame(pair: tuple[Experiment, Experiment]) -> None:
    experiment, _ = pair
    metrics = experiment.metrics()
    assert list(metrics.columns) == list(COLUMNS)
    assert list(metrics["value"]) == [1, 0.5, 0.25]
    assert list(metrics["step"]) == [1, 2, 4]
    assert set(metrics["name"]) == {"loss"}
    assert set(metrics["pod"]) == {f"{experiment.id}-worker-0"}


def test_metrics_without_pandas(
    pair: tuple[Experiment, Experiment], client: ExperimentClient
) -> None:
    experiment, _ = pair
    program = (
        "import sys; sys.modules['pandas'] = None\n"
        "from submarine_jupyter import ExperimentClient\n"
        f"client = ExperimentClient(); run = client.experiment({experiment.id!r})\n"
        "print(run.metrics()[0])\n"
        "try:\n    client.compare([run]).to_pandas()\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    record, error = subprocess.check_output(
        [sys.executable, "-c", program], text=True, timeout=60
    ).splitlines()
    assert record == str(
        dict(zip(COLUMNS, (f"{experiment.id}-worker-0", 1, "loss", 1.0, 1.0, 0), strict=True))
    )
    assert error == "UsageError to_pandas() needs pandas; install it with `pip install pandas`"


def test_metrics_of_a_run_without_any(client: ExperimentClient) -> None:
    assert list(client.submit(spec("print('hi')")).wait(60).metrics().columns) == list(COLUMNS)


def test_diff(pair: tuple[Experiment, Experiment]) -> None:
    first, second = pair
    difference = first.diff(second.id)
    assert difference.fields == {
        "meta.name": ("first", "second"),
        "meta.envVars.LR": ("0.1", "0.01"),
        "meta.envVars.API_KEY": ("hidden1", "hidden2"),
        "spec.Worker.replicas": ("1", "2"),
    }
    assert difference
    text, html = repr(difference), difference._repr_html_()
    for display in (text, html):
        assert "spec.Worker.replicas" in display
        assert "0.01" in display
        assert "hidden" not in display
        assert "********" in display
    nothing = first.diff(first)
    assert not nothing
    assert repr(nothing) == f"{first.id} and {first.id} have the same spec."


def test_compare(pair: tuple[Experiment, Experiment]) -> None:
    first, second = pair
    comparison = first.client.compare([first.id, second])
    assert [one.id for one in comparison.experiments] == [first.id, second.id]
    assert comparison.differences["meta.envVars.LR"] == ["0.1", "0.01"]
    assert "meta.envVars.SAME" not in comparison.differences
    assert comparison.metrics == {"loss": [0.25, 0.25]}
    assert all(0 <= seconds < 60 for seconds in comparison.durations if seconds is not None)
    for display in (repr(comparison), comparison._repr_html_()):
        for text in (first.id, second.id, "LR", "0.01", "Worker.replicas", "loss", "Succeeded"):
            assert text in display
        assert "hidden" not in display
    frame = comparison.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.index) == [first.id, second.id]
    assert list(frame["loss"]) == [0.25, 0.25]
    assert list(frame["meta.envVars.LR"]) == ["0.1", "0.01"]
    assert list(frame["status"]) == ["Succeeded", "Succeeded"]
    assert "hidden" not in frame.to_string()
    with pytest.raises(NotFound, match="list_experiments"):
        first.client.compare(["experiment-1-0001"])


def test_compare_escapes(pair: tuple[Experiment, Experiment]) -> None:
    evil = "<script>alert(1)</script>"
    data = pair[0].data
    meta = {**data["spec"]["meta"], "name": evil, "envVars": {"LR": evil}}
    other = Experiment(pair[0].client, {**data, "spec": {**data["spec"], "meta": meta}})
    comparison = Comparison([pair[0], other], [[], [{"name": evil, "pod": "p", "value": 1.0}]])
    for shown_as_html in (comparison._repr_html_(), pair[0].diff(other)._repr_html_()):
        assert "<script" not in shown_as_html
        assert "&lt;script&gt;" in shown_as_html
    assert repr(Comparison([], [])) == "There are no experiments to compare."


def test_the_hash_of_a_cell_has_no_column(pair: tuple[Experiment, Experiment]) -> None:
    client = pair[0].client
    runs = [
        client.submit(spec(f"print({n})", name="cell", envVars={CELL_HASH: f"sha256:{n}"}))
        for n in range(2)
    ]
    compared = client.compare([run.wait(60) for run in runs])
    assert f"meta.envVars.{CELL_HASH}" in compared.differences
    assert CELL_HASH not in repr(compared)
    assert "print(0)" in repr(compared)


def test_programs_are_compared_line_by_line(client: ExperimentClient) -> None:
    def run(source: str) -> Experiment:
        return client.submit({**spec(""), "meta": {**spec("")["meta"], "cmd": source}})

    first = run(encode_cell("import time\nlr = 0.1\nprint(lr)\n", "Cell In[1]", 2))
    second = run(encode_cell("import time\nlr = '<b>'\nprint(lr)\n", "Cell In[2]", 2))
    difference = first.diff(second)
    assert list(difference.fields) == ["meta.cmd"]
    assert "-lr = 0.1\n+lr = '<b>'\n" in difference.program
    assert "3 lines, " in repr(difference)
    assert difference.program in repr(difference)
    assert "+lr = &#x27;&lt;b&gt;&#x27;" in difference._repr_html_()


def test_clone_and_patch(client: ExperimentClient) -> None:
    first = client.submit(spec("import time; time.sleep(60)"))
    assert first.patch(replicas={"Worker": 2}) is first
    assert first.spec["spec"]["Worker"]["replicas"] == 2
    assert (
        first.patch({**first.spec, "environment": {"image": "a"}}).spec["environment"]["image"]
        == "a"
    )
    with pytest.raises(UsageError, match="replica: is nothing of a spec that can be changed"):
        first.patch(replica=3)  # type: ignore[call-arg]
    first.stop()
    second = first.clone(cmd="python -c print(5)", name="again")
    assert second.id != first.id
    assert second.wait(60).name == "again"
    assert set(second.logs()) == {"5"}


def test_fields_of_packages_and_hashes() -> None:
    def made(**variables: str) -> dict[str, Any]:
        return {"meta": {"name": "a", "envVars": variables}}

    old = made(**{PACKAGES: "numpy==1.0 torch==2.0", PACKAGES_HASH: "sha256:aaaaaaaabb"})
    new = made(**{PACKAGES: "numpy==1.1 torch==2.0", PACKAGES_HASH: "sha256:bbbbbbbbbb"})
    cut = made(**{PACKAGES: "numpy==1.0 torch==2.0", PACKAGES_HASH: "sha256:cccccccccc"})
    assert fields_of(old)["package numpy"] == "1.0"
    assert differing([old, new]) == {"package numpy": ["1.0", "1.1"]}
    assert differing([old, cut]) == {"packages": ["sha256:aaaaaaaabb", "sha256:cccccccccc"]}
    assert shown("packages", "sha256:aaaaaaaabb") == "aaaaaaaa"
    assert shown("meta.name", None) == "-"


def test_final_values() -> None:
    points: list[dict[str, Any]] = [
        {"pod": "a", "name": "loss", "value": 2.0},
        {"pod": "a", "name": "loss", "value": 1.0},
        {"pod": "a", "name": "loss", "value": None},
        {"pod": "b", "name": "loss", "value": 9.0},
        {"pod": "b", "name": "accuracy", "value": 0.5},
    ]
    assert final_values(points) == {"loss": 1.0, "accuracy": 0.5}


def test_durations() -> None:
    assert seconds_of({}) is None
    begun = {"runningTime": "2026-01-01T10:00:00.000+00:00"}
    assert seconds_of({**begun, "finishedTime": "2026-01-01T11:00:01.500+01:00"}) == 1.5
    assert (seconds_of(begun) or 0) > 0
