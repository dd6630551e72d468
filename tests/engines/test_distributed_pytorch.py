"""A real program meets by the variables of each engine: PyTorch's processes train one model."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

from submarine_jupyter.spec.program import encode_cell

from ..server.api import Api, wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: see Makefile"),
]

PATIENCE = 100.0
NOTEBOOK = Path(__file__).parents[2] / "examples" / "distributed-pytorch.ipynb"


def program() -> str:
    """Return the cell that the example submits, without its first line."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (source,) = (cell.source for cell in cells if cell.source.startswith("%%submarine experiment"))
    return str(source.partition("\n")[2])


def run(api: Api, cmd: str) -> str:
    """Run a command as a master and two workers to its good end."""
    task = {"resources": "cpu=1,memory=1G"}
    variables = {"STEPS": "10"}
    spec = {
        "meta": {"name": "ddp", "framework": "PyTorch", "cmd": cmd, "envVars": variables},
        "environment": {},
        "spec": {"Master": {**task, "replicas": 1}, "Worker": {**task, "replicas": 2}},
    }
    identity = api.create(spec)
    wait_until(lambda: api.status(identity) in ("Succeeded", "Failed"), PATIENCE)
    assert api.status(identity) == "Succeeded", api.events(identity)
    return identity


def check(api: Api, identity: str) -> None:
    """See that all have trained one model, each with examples of its own."""
    ends = {
        pod: [line for line in lines if line.startswith("rank ")]
        for pod, lines in api.lines(identity).items()
    }
    assert ends == {
        role: [f"rank {rank} of 3: 200 examples; all weights agree: True"]
        for rank, role in enumerate(("master-0", "worker-0", "worker-1"))
    }
    series = api.result("GET", f"api/v1/experiment/{identity}/metrics")
    losses = {one["pod"]: [value for _, value, *_ in one["points"]] for one in series}
    assert all(values[-1] < values[0] for values in losses.values())
    assert len({values[0] for values in losses.values()}) == 3


def test_a_master_and_two_workers_train_one_model(api: Api) -> None:
    identity = run(api, encode_cell(program(), NOTEBOOK.name, 1))
    check(api, identity)
    import torch

    kept = api.call("GET", f"api/v1/experiment/{identity}/files/model.pt").content
    assert torch.load(io.BytesIO(kept))["weight"].shape == (1, 4)


TORCHRUN = """\
import os, sys, tempfile
with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as file:
    file.write({program!r})
os.execv(sys.executable, [sys.executable, "-m", "torch.distributed.run", file.name])
"""


def test_torchrun_needs_no_options(api: Api) -> None:
    check(api, run(api, encode_cell(TORCHRUN.format(program=program()), "torchrun.py", 1)))
