"""What Tab offers, and that it never waits for a server."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from submarine_jupyter import launch

from ..server.api import wait_until
from .conftest import Kernel, experiment_id


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("%submarine li", "list"),
        ("%%submarine exp", "experiment"),
        ("%%submarine experiment --rep", "--replicas"),
        ("%%submarine experiment --framework Py", "PyTorch"),
        ("%%submarine experiment --replicas Wor", "Worker="),
        ("%%submarine experiment --replicas Ps=1,Wor", "Worker="),
        ("%%submarine experiment --on-interrupt st", "stop"),
        ("%submarine list --status Fai", "Failed"),
        ("%submarine config fram", "framework="),
        ("%submarine help comp", "compare"),
        ("%submarine env cre", "create"),
        ("%submarine get la", "last"),
        ("%submarine get --so", "--source"),
    ],
)
def test_words(line: str, word: str, kernel: Kernel) -> None:
    assert word in kernel.complete(line)


def test_ids_and_pods(kernel: Kernel) -> None:
    ran = kernel.run("%%submarine experiment --wait --replicas Worker=2\npass")
    ident = experiment_id(ran)
    # What the server answers late completes a later press of Tab.
    wait_until(lambda: ident in kernel.complete("%submarine get experiment-"))
    wait_until(lambda: ident in kernel.complete("%submarine diff last exp"))
    wait_until(lambda: "worker-1" in kernel.complete("%submarine logs --pod wor"))
    wait_until(lambda: "worker-1" in kernel.complete(f"%submarine logs {ident} --pod wor"))


@pytest.mark.parametrize("answers", [False, True])
def test_a_server_that_is_away_is_passed_over_in_silence(answers: bool, kernel: Kernel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if not answers:
            listener.close()
        kernel.run(f"import os\nos.environ['SUBMARINE_URL'] = '{url}'")
        try:
            kernel.complete("%submarine get ")
            began = time.monotonic()
            assert "last" in kernel.complete("%submarine get ")
            # Not a figure of merit: a call that waits takes 5 s at least.
            assert time.monotonic() - began < 2
            assert kernel.run("'quiet'").text == "'quiet'"
        finally:
            kernel.run("del os.environ['SUBMARINE_URL']")


def test_pressing_tab_starts_no_server(kernel: Kernel) -> None:
    kernel.run("import os\nkept = os.environ['SUBMARINE_DATA_DIR']\nother = kept + '-other'")
    other = kernel.run("print(other)").text.strip()
    kernel.run("os.environ['SUBMARINE_DATA_DIR'] = other")
    try:
        assert "last" in kernel.complete("%submarine get ")
        assert launch.find(Path(other)) is None
    finally:
        kernel.run("os.environ['SUBMARINE_DATA_DIR'] = kept")
