"""The process that holds the connection to Ray: `python -m …ray.driver ADDRESS DIRECTORY`.

It reads the ids of experiments, one a line, and runs each. It ends with the server, that is with
its standard input; runs go on, and the next driver takes them up. It ends by itself when the
cluster is gone.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import queue
import sys
import threading
import time
from pathlib import Path

import ray
from ray.exceptions import RayError

from ..run.files import ExperimentFiles
from .endpoint import answers
from .run import RayRun
from .words import CLUSTER_LOST, CONNECTED, NO_CLUSTER

log = logging.getLogger(__name__)

NAMESPACE = "submarine"
_TICK = 0.05
_LOOK = 1.0
_PATIENCE = 5.0


def main() -> None:
    """Connect and run what is asked for."""
    os.umask(0o077)
    address, root = sys.argv[1], Path(sys.argv[2])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=[asked], daemon=True).start()
    with (root / ".ray-driver.lock").open("w") as lock:
        # The driver before this one may still be about to end.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answers(address):  # Ray itself would try for a minute
            os._exit(NO_CLUSTER)
        try:
            ray.init(
                address=address,
                namespace=NAMESPACE,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
            )
        except (ConnectionError, RuntimeError, RayError) as error:
            log.warning("cannot connect to Ray: %s", str(error).strip().partition("\n")[0])
            os._exit(NO_CLUSTER)
        threading.Thread(target=_watch_cluster, daemon=True).start()
        sys.stdout.write(f"{CONNECTED}\n")
        sys.stdout.flush()
        asyncio.run(_run(root, asked))


async def _run(root: Path, asked: queue.SimpleQueue[str]) -> None:
    runs: dict[str, RayRun] = {}
    while True:
        while not asked.empty():
            _add(runs, root, asked.get())
        for experiment_id, run in list(runs.items()):
            try:
                run.tick(time.monotonic())
            except Exception:
                log.exception("%s cannot be looked after", experiment_id)
            if run.has_ended:
                del runs[experiment_id]
        await asyncio.sleep(_TICK)


def _add(runs: dict[str, RayRun], root: Path, experiment_id: str) -> None:
    if experiment_id in runs:
        return
    try:
        runs[experiment_id] = RayRun(ExperimentFiles.of(root, experiment_id))
    except (OSError, ValueError):
        log.exception("%s cannot be run", experiment_id)


def _listen(asked: queue.SimpleQueue[str]) -> None:
    """Take what is to be run; end this process with the server, whatever it is about."""
    for line in sys.stdin:
        asked.put(line.strip())
    os._exit(0)


def _watch_cluster() -> None:
    """End this process when the cluster's head does not answer any more."""
    address = ray.get_runtime_context().gcs_address
    last = time.monotonic()
    while time.monotonic() - last < _PATIENCE:
        if answers(address):
            last = time.monotonic()
        time.sleep(_LOOK)
    os._exit(CLUSTER_LOST)


if __name__ == "__main__":
    main()
