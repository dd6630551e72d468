"""A real kernel with the extension loaded, and its own data directory; one per module."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from submarine_jupyter import launch

MIME_TYPE = "application/vnd.submarine.experiment+json"


@dataclass
class Ran:
    """What running a cell gave."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    name: str | None = None
    next_input: dict[str, Any] | None = None
    number: int | None = None

    @property
    def text(self) -> str:
        """Everything a reader of the plain texts sees."""
        shown = [output["transient"] for output in self.outputs if output.get("transient")]
        # Experiments of earlier cells renew what those show.
        own = [update for update in self.updates if update.get("transient") in shown]
        return "\n".join(
            content["text"] if "text" in content else content["data"].get("text/plain", "")
            for content in (*self.outputs, *own)
        )

    def has_emptied(self, output: dict[str, Any]) -> bool:
        """Whether what an output showed was taken away, as the word that the server starts is."""
        if "transient" not in output:
            return False
        renewed = [
            each["data"] for each in self.updates if each["transient"] == output["transient"]
        ]
        return renewed[-1:] == [{"text/plain": ""}]

    @property
    def bundle(self) -> dict[str, Any]:
        """The MIME bundle of the experiment that the cell shows."""
        return bundle_of(self.outputs)


class Kernel:
    """A kernel that runs cells."""

    def __init__(self, directory: Path, data_dir: Path, python: str = sys.executable) -> None:
        unwanted = ("SUBMARINE_", "JPY_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        env["SUBMARINE_DATA_DIR"] = str(data_dir)
        env["JPY_SESSION_NAME"] = str(directory / "My digits (v2).ipynb")
        self.data_dir = data_dir
        self.manager = KernelManager()
        assert self.manager.kernel_spec is not None
        self.manager.kernel_spec.argv[0] = python
        self.manager.start_kernel(cwd=str(directory), env=env)
        self.client: Any = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def start(self, code: str) -> str:
        return str(self.client.execute(code))

    def finish(self, message_id: str, timeout: float = 60) -> Ran:
        ran = Ran()
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in ("stream", "display_data", "execute_result"):
                ran.outputs.append(content)
            elif kind == "update_display_data":
                ran.updates.append(content)
            elif kind == "error":
                ran.error = "\n".join(content["traceback"])
                ran.name = content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                ran.outputs = [output for output in ran.outputs if not ran.has_emptied(output)]
                return ran

    def run(self, code: str, timeout: float = 60) -> Ran:
        message_id = self.start(code)
        ran = self.finish(message_id, timeout)
        reply = self._reply(message_id, timeout)["content"]
        ran.number = reply.get("execution_count")
        for payload in reply.get("payload", ()):
            if payload["source"] == "set_next_input":
                ran.next_input = payload
        return ran

    def _reply(self, message_id: str, timeout: float) -> dict[str, Any]:
        while True:
            reply: dict[str, Any] = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message_id:
                return reply

    def complete(self, line: str) -> list[str]:
        return list(self.client.complete(line, reply=True, timeout=20)["content"]["matches"])

    def wait_for(self, text: str) -> None:
        """Return when the cell that runs shows a text."""
        shown = ""
        while text not in shown:
            content = self.client.get_iopub_msg(timeout=60)["content"]
            shown = content.get("data", {}).get("text/plain", "")

    def stop_server(self) -> None:
        launch.stop(self.data_dir)

    def restart(self) -> None:
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=60)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Yield a kernel with the extension loaded."""
    directory = tmp_path_factory.mktemp("notebook")
    data_dir = directory / "data"
    kernel = Kernel(directory, data_dir)
    try:
        loaded = kernel.run("%load_ext submarine_jupyter")
        assert loaded.error is None
        yield kernel
    finally:
        kernel.stop()
        launch.stop(data_dir)


def bundle_of(outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the MIME bundle of the one experiment among a cell's outputs."""
    (bundle,) = (out["data"] for out in outputs if MIME_TYPE in out.get("data", {}))
    return dict(bundle)


def experiment_id(ran: Ran) -> str:
    """Return the id of the experiment that a cell shows."""
    found = re.search(r"experiment-\d+-\d+", ran.text)
    assert found, ran.text
    return found[0]
