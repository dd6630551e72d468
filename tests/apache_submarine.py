"""An Apache Submarine server as its API is documented, at its network boundary.

It has no streams: it answers every pod's whole log each time, in the order of names, and stops at
the first pod that is not ready. A test says what the pods write and how the experiments are.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from .client.relay import Answer, envelope, serve

_PAGE = 404, {"Content-Type": "text/html;charset=iso-8859-1"}, b"<h1>HTTP ERROR 404</h1>"
_ROUTE = "/api/v1/experiment"
_SHANGHAI = timezone(timedelta(hours=8))


@dataclass
class Pod:
    """A pod: what its container has written, and whether its log can be read."""

    text: str = ""
    ready: bool = True

    @property
    def lines(self) -> list[str]:
        """The log as the server splits it: without the empty lines at its end."""
        lines = self.text.split("\n")
        while lines and not lines[-1]:
            lines.pop()
        return lines


@dataclass
class Experiment:
    """An experiment and its pods by name."""

    ident: str
    spec: dict[str, Any]
    status: str = "Accepted"
    times: dict[str, datetime] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)

    def pod(self, end: str) -> Pod:
        """Return a pod by the end of its name, such as `worker-0`."""
        return self.pods[f"{self.ident}-{end}"]


class ApacheSubmarine:
    """The server: its state, which tests change while it is asked.

    Attributes
    ----------
    url
        Where it is.
    asked
        The method and path of each request so far.
    sent
        The specs that were sent.
    trouble
        What answers in place of everything else while it is set; None drops the connection.
    """

    def __init__(self, version: str = "0.8") -> None:
        self.url = ""
        self.asked: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.experiments: dict[str, Experiment] = {}
        self._version = version
        self._count = 0
        self.trouble: Callable[[], Answer | None] | None = None

    def submit(self, spec: dict[str, Any] | None = None, **roles: int) -> Experiment:
        """Accept an experiment with these replicas of roles (`worker=2`), or a spec."""
        self._count += 1
        ident = f"experiment-1647574374688-{self._count:04d}"
        spec = spec or {
            "meta": {
                "name": "run",
                "framework": "TensorFlow",
                "envVars": {"LR": "0.1"},
                "tags": [],
            },
            "environment": {"image": "apache/submarine:tf"},
            "spec": {
                role.capitalize(): {"replicas": count, "resources": "cpu=1,memory=1024M"}
                for role, count in (roles or {"worker": 1}).items()
            },
            "code": None,
        }
        meta = {**spec["meta"], "name": spec["meta"]["name"].lower(), "experimentId": ident}
        experiment = Experiment(ident, {**spec, "meta": meta})
        experiment.times["acceptedTime"] = datetime.now(timezone.utc)
        experiment.pods = {
            f"{ident}-{role.lower()}-{index}": Pod()
            for role, task in spec["spec"].items()
            for index in range(task.get("replicas", 1))
        }
        self.experiments[ident] = experiment
        return experiment

    def delete(self, experiment: Experiment) -> None:
        """Forget an experiment, as somebody else's DELETE does."""
        del self.experiments[experiment.ident]

    def count(self, path: str) -> int:
        """Return how often a path below `/api/v1/experiment` was read."""
        return self.asked.count(f"GET {_ROUTE}{path}")

    @contextmanager
    def serving(self) -> Iterator[ApacheSubmarine]:
        """Serve on a free port of loopback."""
        with serve(self._handle) as self.url:
            yield self

    def _handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        path = urlsplit(path).path
        self.asked.append(f"{method} {path}")
        if self.trouble is not None:
            return self.trouble()
        code, kind, content = self._answer(method, path, body)
        if kind["Content-Type"] == "application/json":
            # As Gson writes it.
            for character in "=<>&'":
                content = content.replace(character.encode(), f"\\u{ord(character):04x}".encode())
        return code, kind, content

    def _answer(self, method: str, path: str, body: bytes) -> Answer:
        below = path.removeprefix(_ROUTE).split("/") if path.startswith(_ROUTE) else None
        match method, below:
            case "GET", ["", "ping"]:
                return envelope("Pong")
            case "GET", [""]:
                return envelope([self._wire(one) for one in list(self.experiments.values())])
            case "POST", [""]:
                return self._create(body)
            case "GET" | "DELETE", ["", ident]:
                return self._one(ident, self._wire if method == "GET" else self._end)
            case "GET", ["", "logs", ident]:
                return self._one(ident, self._log)
        return _PAGE

    def _create(self, body: bytes) -> Answer:
        if not body:
            return envelope(None, 200, "Invalid experiment spec.")
        self.sent.append(json.loads(body))
        return envelope({**self._wire(self.submit(self.sent[-1])), "createdTime": None})

    def _one(self, ident: str, act: Callable[[Experiment], dict[str, Any]]) -> Answer:
        experiment = self.experiments.get(ident)
        if experiment is None:
            return envelope(None, 404, "Not found experiment.")
        return envelope(act(experiment))

    def _end(self, experiment: Experiment) -> dict[str, Any]:
        self.delete(experiment)
        experiment.status, experiment.times = "Deleted", {}
        return self._wire(experiment)

    def _log(self, experiment: Experiment) -> dict[str, Any]:
        content = []
        for name, pod in sorted(experiment.pods.items()):
            if not pod.ready:
                break
            content.append({"podName": name, "podLog": pod.lines})
        return {"experimentId": experiment.ident, "logContent": content}

    def _wire(self, experiment: Experiment) -> dict[str, Any]:
        times = ("acceptedTime", "createdTime", "runningTime", "finishedTime")
        return {
            "experimentId": experiment.ident,
            "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, experiment.ident)),
            "status": experiment.status,
            **{name: self._time(experiment.times.get(name)) for name in times},
            "spec": experiment.spec,
        }

    def _time(self, time: datetime | None) -> str | None:
        if time is None:
            return None
        if self._version == "0.7":
            return time.astimezone(_SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S.000+08:00")
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")
