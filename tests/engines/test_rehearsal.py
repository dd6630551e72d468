"""What is meant for a cluster is rehearsed here, also beside the cluster's own server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from submarine_jupyter import launch

from ..magics.conftest import Kernel
from ..server.servers import serving


def test_a_rehearsal_runs_here_and_the_real_thing_on_ray(cluster: Any, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    options = ("--submitter", "ray", "--ray-address", cluster.address)
    with serving(data_dir, *options) as api:
        kernel = Kernel(tmp_path, data_dir)
        try:
            assert kernel.run("%load_ext submarine_jupyter").error is None
            cell = "import os\nprint(os.environ['MASTER_ADDR'], os.environ['SUBMARINE_INDEX'])"
            flags = "--framework PyTorch --replicas Master=1 --resources cpu=1,memory=64M"
            ran = kernel.run(f"%%submarine experiment {flags} --rehearse 20s -o small\n{cell}")
            assert ran.error is None
            assert "it went well to its end" in ran.text
            assert kernel.run("print(*small.logs())").text == "127.0.0.1 0\n"
            assert api.result("GET", "api/v1/experiment") == []
            real = kernel.run("%submarine experiment --rehearsed --wait -o real")
            assert real.error is None
            (experiment,) = api.result("GET", "api/v1/experiment")
            assert api.lines(experiment["experimentId"])["master-0"][0].endswith(" 0")
        finally:
            kernel.stop()
            launch.stop(data_dir / "rehearsals")
