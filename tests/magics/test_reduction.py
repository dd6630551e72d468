"""What is meant for a cluster, in small: replicas and resources that one machine has."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from submarine_jupyter.magics.reduction import Machine, reduced
from submarine_jupyter.spec.durations import seconds

GIB = 1024**3
SMALL = Machine(cpu=8, memory=16 * GIB, gpus=0)
TWO_GPUS = Machine(cpu=64, memory=256 * GIB, gpus=2)


def spec(**tasks: tuple[Any, str]) -> dict[str, Any]:
    return {
        "meta": {"name": "big", "framework": "PyTorch", "cmd": "python train.py"},
        "environment": {},
        "spec": {
            role: {"replicas": replicas, "resources": resources}
            for role, (replicas, resources) in tasks.items()
        },
    }


@pytest.mark.parametrize(
    ("machine", "given", "small"),
    [
        pytest.param(
            SMALL,
            {"Master": (1, "cpu=1,memory=1G"), "Worker": ("2", "memory=4G, cpu=2")},
            {"Master": (1, "cpu=1,memory=1G"), "Worker": ("2", "memory=4G, cpu=2")},
            id="what fits stays as it is",
        ),
        pytest.param(
            SMALL,
            {"Master": (1, "cpu=1,memory=1G"), "Worker": (2, "cpu=16,memory=1Ti")},
            {"Master": (1, "cpu=1,memory=1G"), "Worker": (2, "cpu=3.5,memory=5667Mi")},
            id="the large ones get less",
        ),
        pytest.param(
            SMALL,
            {"Master": (1, "cpu=4,memory=8Gi"), "Worker": (2, "cpu=6,memory=12Gi")},
            {"Master": (1, "cpu=2.666,memory=4096Mi"), "Worker": (2, "cpu=2.666,memory=4096Mi")},
            id="all get less",
        ),
        pytest.param(
            SMALL,
            {"Master": (1, "cpu=1,memory=1G"), "Worker": (100, "cpu=1")},
            {"Master": (1, "cpu=1,memory=1G"), "Worker": (7, "cpu=1")},
            id="fewer of the largest role",
        ),
        pytest.param(
            Machine(cpu=8, memory=GIB, gpus=0),
            {"Ps": (3, "memory=512Mi"), "Worker": (3, "memory=512Mi")},
            {"Ps": (2, "memory=192Mi"), "Worker": (2, "memory=192Mi")},
            id="no more than memory is there for",
        ),
        pytest.param(
            Machine(cpu=1, memory=GIB, gpus=0),
            {"Chief": (1, "cpu=1"), "Ps": (2, "cpu=1"), "Worker": (2, "cpu=1")},
            {"Chief": (1, "cpu=0.333"), "Ps": (1, "cpu=0.333"), "Worker": (1, "cpu=0.333")},
            id="one of each role at least",
        ),
        pytest.param(
            SMALL,
            {"Worker": (2, "cpu=1,nvidia.com/gpu=8,memory=1G")},
            {"Worker": (2, "cpu=1,memory=1G")},
            id="no GPUs",
        ),
        pytest.param(
            TWO_GPUS,
            {"Master": (1, "cpu=1"), "Worker": (2, "cpu=1,nvidia.com/gpu=4")},
            {"Master": (1, "cpu=1"), "Worker": (2, "cpu=1,nvidia.com/gpu=1")},
            id="GPUs are shared out",
        ),
        pytest.param(
            TWO_GPUS,
            {"Worker": (2, "cpu=1,nvidia.com/gpu=1")},
            {"Worker": (2, "cpu=1,nvidia.com/gpu=1")},
            id="enough GPUs",
        ),
    ],
)
def test_what_is_reduced(
    machine: Machine, given: dict[str, tuple[Any, str]], small: dict[str, tuple[Any, str]]
) -> None:
    asked = spec(**given)
    found, sentences = reduced(asked, machine)
    assert found == spec(**small)
    assert asked == spec(**given)
    assert bool(sentences) == (given != small)


def test_what_was_reduced_is_said() -> None:
    _, sentences = reduced(spec(Worker=(12, "cpu=2,memory=8Gi")), SMALL)
    assert sentences == [
        "spec.Worker.replicas: 12 → 8",
        "spec.Worker.resources: cpu=2,memory=8Gi → cpu=1,memory=1536Mi",
    ]


@pytest.mark.parametrize(
    ("text", "amount"), [("20s", 20), ("1.5 min", 90), ("2m", 120), ("1h", 3600), ("0.5sec", 0.5)]
)
def test_durations(text: str, amount: float) -> None:
    assert seconds(text) == amount


@pytest.mark.parametrize("text", ["20", "soon", "0s", "-1s", "1d", "s", ""])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        seconds(text)
    assert str(caught.value) == f"{text!r} is no duration; write it as 20s, 5min or 1h"
