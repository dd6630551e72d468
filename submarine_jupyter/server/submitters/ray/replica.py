"""A pod's start on Ray: what its actor lets be read becomes the server's own log."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ray.exceptions import ActorDiedError, RayError

from ..run.journal import read_fact
from ..run.output import CannotDrop, Output
from ..run.supervision import Replica

if TYPE_CHECKING:
    from ..run.supervision import Fact

log = logging.getLogger(__name__)

_MOST = 1024 * 1024
_PATIENCE = 1.0
_RETRY = 0.5


class RayReplica(Replica):
    """One start of a pod whose actor is there.

    Parameters
    ----------
    actor
        Handle of the pod's actor; None when that was lost.
    output
        The server's log of it, which goes on where it ends by now.
    launch
        For the supervisor on the node.
    """

    def __init__(
        self,
        plan: dict[str, Any],
        attempt: int,
        actor: Any,
        output: Output,
        launch: dict[str, Any],
    ) -> None:
        super().__init__(plan, attempt)
        self._actor = actor
        self._output = output
        self._launch = launch
        self._code: int | None = None
        self._final_size: int | None = None
        self._facts_read = 0
        self._kill_at: float | None = None
        self._reader: asyncio.Task[None] | None = None
        self._asker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Have it started, or go on with it if it was: the actor knows."""
        if self._actor is None:
            self._lose("ReplicaLost", "was lost with its Ray actor")
        else:
            self._reader = asyncio.create_task(self._read())

    def identity(self) -> Mapping[str, object]:
        """Return nothing: its actor bears the pod's name."""
        return {}

    def poll(self) -> int | None:
        """Return the exit code of its main process; None while that runs."""
        return self._code

    def stop(self, by: str, kill_at: float) -> None:
        """Ask it to end, and have it killed at a time of `time.monotonic`."""
        self.stopped_by = by
        self._ask_to_end(kill_at)

    def hurry(self, kill_at: float) -> None:
        """Bring forward the time at which it is killed."""
        if self._kill_at is not None and kill_at < self._kill_at:
            self._ask_to_end(kill_at)

    def look_after(self, clock: float) -> Iterator[Fact]:  # noqa: ARG002 - its supervisor has a clock
        """Note how its log grows, and close it once that is whole."""
        self._output.note_growth()
        try:
            if self._output.keep_to_cap():
                yield "dropped", {"first": self._output.first}
        except CannotDrop as error:
            if self.verdict is None:
                self.verdict = ("LogLimit", str(error))
                self._ask_to_end(0)
        if self.exited and self._final_size is not None and self._output.size >= self._final_size:
            yield "gone", {"size": self._output.size}
            self.close()

    def close(self) -> None:
        """Read no more."""
        self.gone = True
        for task in (self._reader, self._asker):
            if task is not None:
                task.cancel()
        self._output.close()

    def _ask_to_end(self, kill_at: float) -> None:
        self._kill_at = kill_at
        if self._asker is not None:
            self._asker.cancel()
        if self._actor is not None:
            self._asker = asyncio.create_task(self._ask(kill_at))

    async def _ask(self, kill_at: float) -> None:
        """Ask until that has come to its node."""
        while True:
            grace = max(0.0, kill_at - time.monotonic())
            try:
                await self._actor.stop.remote(self.attempt, self.stopped_by, grace)
            except ActorDiedError:
                return  # the reader tells why
            except (RayError, OSError) as error:
                log.warning("%s cannot be asked to end for now: %s", self.name, error)
                await asyncio.sleep(_RETRY)
            else:
                return

    async def _read(self) -> None:
        """Read until the log is whole, whatever happens to the connection meanwhile."""
        descriptor = self._output.descriptor
        offset = os.fstat(descriptor).st_size
        while True:
            try:
                await self._actor.start.remote(self.attempt, self._launch)
                while True:
                    data, facts = await self._actor.read.remote(
                        self.attempt, offset, self._facts_read, _MOST, _PATIENCE
                    )
                    while data:
                        written = os.write(descriptor, data)
                        offset += written
                        data = data[written:]
                    self._take(facts)
            except ActorDiedError as error:
                self._lose(*_why(error))
                return
            except ChildProcessError as error:
                said = error.args[0]  # the text itself is Ray's, with the whole traceback
                self._lose("SupervisorFailed", f"was lost: its supervisor did not start: {said}")
                return
            except (RayError, OSError) as error:
                log.warning("%s cannot be read for now: %s", self.name, error)
                await asyncio.sleep(_RETRY)

    def _take(self, facts: bytes) -> None:
        """Take in what the supervisor on the node has noted."""
        self._facts_read += len(facts)
        for fact in filter(None, map(read_fact, facts.split(b"\n"))):
            if fact["fact"] == "exit":
                if fact["reason"]:
                    self.verdict = (fact["reason"], fact["message"])
                self._code = fact["code"]
            elif fact["fact"] == "gone":
                self._final_size = fact["size"]
            elif fact["fact"] == "end" and self._code is None:
                # It was asked to end before its supervisor had begun it.
                self._code = -signal.SIGTERM
                self._final_size = 0

    def _lose(self, reason: str, sentence: str) -> None:
        """End it: its actor is gone, and its processes with that."""
        if self._code is None:
            self.verdict = (reason, sentence)
            self._code = -signal.SIGKILL
        self._final_size = 0


def _why(error: ActorDiedError) -> tuple[str, str]:
    """Return reason and sentence: Ray has them in its texts alone."""
    text = str(error)
    if "node has died" in text:
        return "NodeLost", "was lost with its Ray node"
    if "low on memory" in text:
        return "OOMKilled", "was killed by Ray: its node ran out of memory"
    return "ReplicaLost", "was lost: its Ray actor was killed"
