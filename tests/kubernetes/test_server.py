"""A server that is killed while its runs go on, on a cluster that is a stand-in."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from ..server.api import experiment, python, wait_until
from ..server.servers import serving
from .cluster import running_stand_in

LINES = 200
COUNT = python(f"import time; [print(n, flush=True) or time.sleep(0.02) for n in range({LINES})]")


def test_a_killed_server_loses_and_repeats_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kubernetes_asyncio", reason="pip install '.[kubernetes]'")
    data = tmp_path / "data"
    options = ["--submitter", "kubernetes", "--kube-image", "python:3"]
    with running_stand_in(tmp_path, data) as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        with serving(data, *options) as api:
            identity = api.create(experiment(COUNT, Worker=2))
            wait_until(lambda: all(api.lines(identity).values()))
            server = psutil.Process(api.server.pid)
            server.kill()
            server.wait()
        with serving(data, *options) as again:
            assert again.wait_for_end(identity) == "Succeeded"
            numbers = [str(number) for number in range(LINES)]
            assert again.lines(identity) == {"worker-0": numbers, "worker-1": numbers}
            started = [event for event in again.events(identity) if event["reason"] == "Started"]
            assert len(started) == 2
