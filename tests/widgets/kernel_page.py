"""A kernel, and the front end's side of its widgets."""

from __future__ import annotations

import json
import os
import queue
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager


class Page:
    """A kernel, and the front end's side of its widgets."""

    def __init__(self, directory: Path) -> None:
        env = {name: value for name, value in os.environ.items() if "SUBMARINE" not in name}
        env["SUBMARINE_DATA_DIR"] = str(directory / "data")
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=str(directory), env=env)
        self.client: Any = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.messages: list[dict[str, Any]] = []

    def start(self, code: str, subshell: str | None = None) -> str:
        """Have the kernel run code; returns the message's id."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content)
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, code: str, subshell: str | None = None) -> None:
        """Run code to its end; an error of it is one of the test."""
        ident = self.start(code, subshell)
        while True:
            message = self._next(60)
            assert message["msg_type"] != "error", message["content"]
            idle = message["content"].get("execution_state") == "idle"
            if idle and message["parent_header"].get("msg_id") == ident:
                return

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the state of every widget, as the kernel has told it so far, by its id."""
        states: dict[str, dict[str, Any]] = {}
        for message in self.messages:
            content = message["content"]
            data = content.get("data", {})
            if message["msg_type"] == "comm_open":
                states[content["comm_id"]] = dict(data.get("state", {}))
            elif message["msg_type"] == "comm_msg" and data.get("method") == "update":
                states.setdefault(content["comm_id"], {}).update(data["state"])
        return states

    def find(self, description: str) -> str:
        """Return the id of the widget with a description."""
        (found,) = (
            ident
            for ident, state in self.states().items()
            if state.get("description") == description
        )
        return found

    def wait_until(self, condition: Callable[[], Any], timeout: float = 60) -> None:
        """Read what the kernel tells until a condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "it did not come"
            with suppress(queue.Empty):
                self._next(1)

    def type(self, description: str, value: Any) -> None:
        """Give a widget a value, as the front end does."""
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        self._tell(self.find(description), data)

    def click(self, description: str) -> None:
        """Press a button."""
        self.send(self.find(description), {"event": "click"})

    def make_subshell(self) -> str:
        """Return the id of a new thread of the kernel that takes messages."""
        request = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(request)
        return str(self.client.get_control_msg(timeout=30)["content"]["subshell_id"])

    def _next(self, timeout: float) -> dict[str, Any]:
        message: dict[str, Any] = self.client.get_iopub_msg(timeout=timeout)
        self.messages.append(message)
        return message

    def _tell(self, comm: str, data: dict[str, Any]) -> None:
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)

    def view_state(self) -> tuple[str, dict[str, Any]]:
        """Return id and state of the view's model."""
        (opened,) = (
            message["content"]
            for message in self.messages
            if message["msg_type"] == "comm_open"
            and "experiment_id" in message["content"]["data"].get("state", {})
        )
        return opened["comm_id"], opened["data"]["state"]

    def send(self, comm: str, content: dict[str, Any]) -> None:
        """Send a custom message to a widget."""
        self._tell(comm, {"method": "custom", "content": content})

    def custom(self, until: str, timeout: float = 60) -> list[tuple[float, dict[str, Any]]]:
        """Return the custom messages up to one that holds a text, with when they came."""
        seen = []
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = self._next(timeout)
            data = message["content"].get("data", {})
            if message["msg_type"] == "comm_msg" and data.get("method") == "custom":
                seen.append((time.monotonic(), data["content"]))
                if until in json.dumps(data["content"]):
                    return seen
        raise AssertionError(f"{until!r} did not come")
