"""Servers with settings of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submarine_jupyter import launch

from .api import Api, wait_until


@contextmanager
def serving(data_dir: Path, *options: str) -> Iterator[Api]:
    """Yield the API of a server that was started with some options of `serve`."""
    command = [sys.executable, "-m", "submarine_jupyter.cli", "serve", "--port", "0"]
    command += ["--data-dir", str(data_dir), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: launch.find(data_dir) is not None or process.poll() is not None)
            server = launch.find(data_dir)
            assert server is not None, "the server has ended"
            yield Api(server)
        finally:
            process.terminate()
