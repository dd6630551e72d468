"""The handle of one experiment: its state, its logs and files, and what can be done with it."""

from __future__ import annotations

import copy
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from typing_extensions import Unpack

from ..errors import (
    ExperimentFailed,
    NotFound,
    NotOffered,
    StillRunning,
    SubmarineError,
    UsageError,
)
from ..logs.snapshots import TERMINAL
from ..spec.pods import pod_name
from .changes import Changes, changed
from .display import mime_bundle
from .following import EVERYTHING, Record, View, experiment_path
from .podlogs import LogLine, kept_lines, lines_of
from .provenance import record_again
from .transport import READ_TIMEOUT, Call, chunks_of

if TYPE_CHECKING:
    from ..spec.models import ExperimentSpec
    from .client import ExperimentClient
    from .difference import Difference

__all__ = ["Experiment", "LogLine"]

_CHUNK = 1024 * 1024

_GLANCE = 1.0
"""Seconds that a last look may take when the time to wait is up."""


class Experiment:
    """An experiment on a server. Nothing of it lives in this process: the handle may be dropped.

    Made by `ExperimentClient.submit` and `ExperimentClient.experiment`.
    """

    def __init__(self, client: ExperimentClient, data: dict[str, Any]) -> None:
        self._client = client
        self._data = data
        self._observers: list[Callable[[Experiment], None]] = []

    def __repr__(self) -> str:
        return f"<Experiment {self.id} {self.name!r} {self.last_status}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return mime_bundle(self)

    @property
    def client(self) -> ExperimentClient:
        """The client that the handle asks."""
        return self._client

    @property
    def id(self) -> str:
        """The experiment id."""
        return str(self._data["experimentId"])

    @property
    def name(self) -> str:
        """The experiment's name."""
        return str(self._data["spec"]["meta"]["name"])

    @property
    def spec(self) -> dict[str, Any]:
        """The spec as the server keeps it, as a copy of one's own."""
        spec: dict[str, Any] = copy.deepcopy(self._data["spec"])
        return spec

    @property
    def data(self) -> dict[str, Any]:
        """The experiment as the server last answered it; asks nothing."""
        return dict(self._data)

    @property
    def last_status(self) -> str:
        """The status that was last heard of; asks nothing."""
        return str(self._data["status"])

    @property
    def status(self) -> str:
        """The status now; `Deleted` when the server knows the experiment no more."""
        return self.refresh().last_status

    def observe(self, observer: Callable[[Experiment], None]) -> None:
        """Have `observer` called with the handle whenever the handle hears of a new status."""
        self._observers.append(observer)

    def refresh(self) -> Experiment:
        """Ask the server for the experiment's state; returns the handle."""
        return self._look(READ_TIMEOUT)

    def glance(self) -> Experiment:
        """Refresh the handle if the server answers at once, else leave it; returns the handle."""
        with suppress(SubmarineError):
            self._look(_GLANCE)
        return self

    def _look(self, read_timeout: float) -> Experiment:
        call = Call(path=experiment_path(self.id), read_timeout=read_timeout)
        try:
            self._take(dict(self._client.transport.call(call).result))
        except NotFound:
            self._take({**self._data, "status": "Deleted"})
        return self

    def _take(self, data: dict[str, Any]) -> None:
        before, self._data = self.last_status, data
        if self.last_status != before:
            for observer in self._observers:
                observer(self)

    def pods(self) -> list[dict[str, Any]]:
        """Return the pods: name, role, index, state, attempt, exit code, reason, log size."""
        return self._get("pods", "does not list pods; logs() names them")

    def events(self) -> list[dict[str, Any]]:
        """Return the timeline: time, kind, reason, message, pod."""
        return self._get("events", "keeps no events; data has the times of the statuses")

    def metrics(self) -> Any:
        """Return the metrics that are found in the logs, a row for each point.

        Columns: `pod`, `attempt`, `name`, `step` (may be missing), `value`, `offset` of the line
        in the log. A DataFrame where pandas is installed, else a list of dicts.
        """
        from .frames import frame_or_records
        from .metrics import COLUMNS, points_of

        return frame_or_records(points_of(self._client, self.id), COLUMNS)

    def logs(
        self, pod: str | None = None, tail: int | None = None, follow: bool = False
    ) -> Iterator[LogLine]:
        """Yield log lines; each is a string without its newline and knows its `pod`.

        Parameters
        ----------
        pod
            Only this pod, by its name or the end of it, such as `worker-0`; None takes all.
        tail
            Only this many last lines of each pod.
        follow
            Go on with new lines as they come, until the experiment ends. Pods then alternate;
            otherwise they come one after another.

        Examples
        --------
        >>> for line in experiment.logs(tail=10):                          # doctest: +SKIP
        ...     print(line.pod, line)
        """
        if tail is not None and tail < 0:
            raise UsageError(f"tail: {tail} is too few; use 0 or more")
        chosen = None if pod is None else self._pod_name(pod)
        if not follow:
            return kept_lines(self._client, self.id, chosen, tail)
        pods = None if chosen is None else [chosen]
        return lines_of(self.records(View(tail=tail, pods=pods)), chosen)

    def files(self) -> list[dict[str, Any]]:
        """Return what the run wrote to its `SUBMARINE_OUTPUT_DIR`: path, size, modified."""
        return self._get("files", "keeps no files; have the program copy them elsewhere")

    def open(self, path: str, mode: Literal["r", "rb"] = "rb") -> IO[Any]:
        """Open a file that the run wrote, for reading; it is copied, so that it can be sought in.

        Parameters
        ----------
        path
            As `files` lists it.
        mode
            `rb` for bytes, `r` for UTF-8 text.

        Raises
        ------
        NotFound
            There is no such file.
        """
        if mode not in ("r", "rb"):
            raise UsageError(f"mode: {mode!r} is not possible; use 'rb' or 'r'")
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        self._copy_file(path, file)
        file.seek(0)
        return file if mode == "rb" else io.TextIOWrapper(file, encoding="utf-8")

    def download(self, path: str, to: str | os.PathLike[str] = ".") -> Path:
        """Copy a file that the run wrote to this machine; returns where it is.

        Parameters
        ----------
        path
            As `files` lists it.
        to
            A file's name, or a directory for the file to keep its own.
        """
        target = Path(to)
        if target.is_dir():
            target /= Path(path).name
        # Beside the target, so that it appears whole or not at all.
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                self._copy_file(path, file)
            Path(part).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(part).unlink()
            raise
        return target

    def _copy_file(self, path: str, file: IO[bytes]) -> None:
        if not path or path.startswith("/") or ".." in path.split("/"):
            raise UsageError(
                f"path: {path!r} is outside the run's files; take one that files() lists"
            )
        self._require("files", "keeps no files; have the program copy them elsewhere")
        place = experiment_path(self.id, "files") + "/" + quote(path)
        with self._client.transport.open(Call(path=place)) as response:
            for chunk in chunks_of(response, _CHUNK):
                file.write(chunk)

    def records(self, view: View = EVERYTHING, *, timeout: float | None = None) -> Iterator[Record]:
        """Yield what happens, up to and with the `end`; keeps the handle up to date.

        Raises
        ------
        StillRunning
            `timeout` seconds have passed; the experiment goes on. It is a TimeoutError, too.
        """
        try:
            for record in self._client.follow(self.id, view, timeout=timeout):
                if record.event == "status":
                    self._take(record.data)
                elif record.event == "end":
                    self._take({**self._data, "status": record.data["status"]})
                yield record
        except TimeoutError:
            raise StillRunning(self.id, self.last_status, timeout or 0) from None

    def wait(self, timeout: float | None = None) -> Experiment:
        """Wait until the experiment has succeeded; returns the handle.

        Raises
        ------
        ExperimentFailed
            It has failed, was stopped or deleted.
        StillRunning
            `timeout` seconds have passed; the experiment goes on. It is a TimeoutError, too.
        """
        try:
            for _ in self.records(View(tail=0), timeout=timeout):
                pass
        except TimeoutError:
            # A short time leaves no room to hear of an end that has long been.
            if not self.glance().is_over:
                raise
        return self.check()

    def check(self) -> Experiment:
        """Return the handle; ExperimentFailed if what was last heard of is a failure."""
        if self.last_status in ("Failed", "Deleted"):
            reason, message = self._why()
            raise ExperimentFailed(self.id, self.last_status, reason, message)
        return self

    @property
    def is_over(self) -> bool:
        """Whether the status that was last heard of is a final one; asks nothing."""
        return self.last_status in TERMINAL

    def stop(self) -> Experiment:
        """End the run and keep its record and logs; its status becomes `Failed`.

        Raises
        ------
        NotOffered
            The server can only delete, which ends the run as well.
        """
        self._require("stop", "cannot stop a run and keep it; delete() ends and removes it")
        path = experiment_path(self.id, "stop")
        self._take(dict(self._client.transport.call(Call(path=path, method="POST")).result))
        return self

    def delete(self) -> None:
        """End the run and delete it with its logs and files."""
        self._take(self._client.delete_experiment(self.id))

    def patch(
        self, spec: dict[str, Any] | ExperimentSpec | None = None, **changes: Unpack[Changes]
    ) -> Experiment:
        """Change the run's spec, such as its number of workers; returns the handle.

        Parameters
        ----------
        spec
            The new spec; None takes the present one.
        **changes
            As for `clone`.

        Examples
        --------
        >>> experiment.patch(replicas={"Worker": 4})                       # doctest: +SKIP
        """
        new = spec if spec is not None and not changes else changed(self._given(spec), **changes)
        self._take(self._client.patch_experiment(self.id, new))
        return self

    def clone(self, **changes: Unpack[Changes]) -> Experiment:
        """Run the same again, with changes; returns the new experiment's handle.

        Parameters
        ----------
        **changes
            `name`, `framework`, `cmd`, `tags`, `image`, `environment`, `replicas`
            (`{"Worker": 2}`), `resources` (`"cpu=1,memory=1G"`, or by role), `env` (None takes a
            variable away).

        Examples
        --------
        >>> experiment.clone(name="slower", env={"LR": 0.01})              # doctest: +SKIP
        """
        spec = changed(self.spec, **changes)
        spec["meta"].pop("experimentId", None)
        record_again(spec)
        return self._client.submit(spec)

    def diff(self, other: Experiment | str) -> Difference:
        """Return what changed from this experiment's spec to another's, given by handle or id."""
        from .difference import Difference

        return Difference(self, self._client.experiment(other) if isinstance(other, str) else other)

    def _given(self, spec: dict[str, Any] | ExperimentSpec | None) -> dict[str, Any]:
        if spec is None:
            return self.spec
        return spec if isinstance(spec, dict) else spec.to_wire()

    def _why(self) -> tuple[str, str]:
        """Return reason and message of the end, as the timeline has them."""
        if self.last_status == "Deleted":
            return "Deleted", "it was deleted"
        with suppress(NotFound):
            for event in reversed(self.events()):
                if event.get("kind") == "status" and event.get("message"):
                    return str(event.get("reason") or ""), str(event["message"])
        return "", ""

    def _pod_name(self, text: str) -> str:
        names = self._pod_names()
        found = [name for name in names if name == text] or [
            name for name in names if name.endswith(f"-{text.lower()}")
        ]
        if len(found) > 1:
            raise UsageError(f"pod: {text!r} fits {', '.join(found)}; give more of the name")
        if not found:
            raise UsageError(f"pod: {text!r} is none of {', '.join(names)}")
        return found[0]

    def _pod_names(self) -> list[str]:
        if self._client.has_feature("pods"):
            return [pod["name"] for pod in self.pods()]
        return [
            pod_name(self.id, role, index)
            for role, task in self.spec["spec"].items()
            for index in range(task.get("replicas") or 1)
        ]

    def _get(self, what: str, lack: str) -> list[dict[str, Any]]:
        self._require(what, lack)
        return list(self._client.transport.get(experiment_path(self.id, what)))

    def _require(self, feature: str, lack: str) -> None:
        """Raise NotOffered, saying what the server lacks, if it does not announce a feature."""
        if not self._client.has_feature(feature):
            raise NotOffered(404, f"This server {lack}")
