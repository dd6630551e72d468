"""What a machine is said to have."""

from __future__ import annotations

import pytest

from submarine_jupyter.machine import gpus_of_machine


@pytest.mark.parametrize(
    ("visible", "gpus"), [("", ()), ("0, 2", ("0", "2")), ("-1", ()), ("1,-1,0", ("1",))]
)
def test_gpus_are_those_that_cuda_would_take(
    visible: str, gpus: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpus_of_machine() == gpus
