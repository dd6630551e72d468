"""Loading the extension once more, in a kernel that has worked with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from submarine_jupyter.launch import Server

from .conftest import Kernel


@pytest.mark.parametrize("command", ["reload_ext", "load_ext"])
def test_what_was_set_and_connected_to_stays(
    command: str, kernel: Kernel, experiment_server: Server, data_dir: Path
) -> None:
    url = experiment_server.url
    kernel.run("%submarine config framework=pytorch")
    kernel.run("%config SubmarineMagics.tags = ['kept']")
    assert kernel.run(f"%submarine connect {url} --token-file {data_dir / 'token'}").error is None
    try:
        assert kernel.run(f"%{command} submarine_jupyter").error is None
        table = kernel.run("%submarine config").text
        assert "framework     PyTorch" in table
        assert "kept" in table
        assert url in kernel.run("%submarine info").text
        # Both ways of setting still speak of the same object.
        kernel.run("%config SubmarineMagics.tags = ['later']")
        assert "later" in kernel.run("%submarine config tags").text
        assert kernel.complete("%submarine statu") == ["status"]
    finally:
        kernel.run("%submarine config framework= tags=")
        kernel.run("%submarine connect")
    assert url not in kernel.run("%submarine info").text
