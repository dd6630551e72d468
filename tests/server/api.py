"""The API as the tests call it: plain HTTP against a real server."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from submarine_jupyter.launch import Server
from submarine_jupyter.logs.sse import SSEParser

TIMEOUT = 30.0


@dataclass
class StreamEvent:
    """One server-sent event."""

    event: str
    cursor: str
    data: dict[str, Any]


@dataclass
class Api:
    """A server's API; every call asserts nothing, so that errors can be looked at."""

    server: Server
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.server.token}", **options.pop("headers", {})}
        url = f"{self.server.url}/{path.lstrip('/')}"
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def result(self, method: str, path: str, **options: Any) -> Any:
        """Return the result of a call that must succeed."""
        response = self.call(method, path, **options)
        assert response.status_code == 200, response.text
        document = response.json()
        assert document["success"] is True, document
        return document["result"]

    def create(self, spec: dict[str, Any], **options: Any) -> str:
        return str(self.result("POST", "api/v1/experiment", json=spec, **options)["experimentId"])

    def get(self, experiment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.result("GET", f"api/v1/experiment/{experiment_id}")
        return found

    def status(self, experiment_id: str) -> str:
        return str(self.get(experiment_id)["status"])

    def wait_for(self, experiment_id: str, *statuses: str) -> str:
        wait_until(lambda: self.status(experiment_id) in statuses)
        return self.status(experiment_id)

    def wait_for_end(self, experiment_id: str) -> str:
        return self.wait_for(experiment_id, "Succeeded", "Failed")

    def lines(self, experiment_id: str) -> dict[str, list[str]]:
        """Return the log lines by the pod's role and number."""
        content = self.result("GET", f"api/v1/experiment/logs/{experiment_id}")["logContent"]
        prefix = f"{experiment_id}-"
        return {pod["podName"].removeprefix(prefix): pod["podLog"] for pod in content}

    def pods(self, experiment_id: str) -> dict[str, dict[str, Any]]:
        pods = self.result("GET", f"api/v1/experiment/{experiment_id}/pods")
        return {pod["name"].removeprefix(f"{experiment_id}-"): pod for pod in pods}

    def events(self, experiment_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.result(
            "GET", f"api/v1/experiment/{experiment_id}/events"
        )
        return found

    def stream(self, path: str, **params: Any) -> Iterator[StreamEvent]:
        with self.call("GET", path, params=params, stream=True) as response:
            assert response.status_code == 200, response.text
            parser = SSEParser()
            for chunk in response.iter_content(None):
                for message in parser.feed(chunk):
                    yield StreamEvent(message.event, message.id, json.loads(message.data))

    def follow(self, experiment_id: str, **params: Any) -> Iterator[StreamEvent]:
        return self.stream(f"api/v1/experiment/{experiment_id}/stream", **params)


def wait_until(condition: Callable[[], bool], timeout: float = TIMEOUT) -> None:
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come in time"
        time.sleep(0.02)


def experiment(
    cmd: str | None = None,
    framework: str = "TensorFlow",
    env: dict[str, str] | None = None,
    **roles: Any,
) -> dict[str, Any]:
    """Return a spec; a role is its number of replicas, or (number, its own command)."""
    tasks = {}
    for role, value in (roles or {"Worker": 1}).items():
        count, own = value if isinstance(value, tuple) else (value, None)
        tasks[role] = {"replicas": count, "resources": "cpu=0.1,memory=64M", "cmd": own}
    return {
        "meta": {"name": "test", "framework": framework, "cmd": cmd, "envVars": env or {}},
        "environment": {},
        "spec": tasks,
    }


def python(source: str) -> str:
    """Return a command that runs a program."""
    return shlex.join(["python", "-c", source])
