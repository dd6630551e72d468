"""Ray's job API on a cluster of this machine, as the peer of several benchmarks."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ray_jobs() -> Iterator[Any]:
    """Yield a `JobSubmissionClient` of a cluster that ends with the context."""
    # It would write a token to the home directory, and tell its makers that it was used.
    os.environ["RAY_AUTH_MODE"] = "disabled"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.job_submission import JobSubmissionClient

    # Another cluster of this machine is not to be measured: it may be at work.
    context = ray.init(
        address="local",
        include_dashboard=True,
        log_to_driver=False,
        logging_level=logging.ERROR,
        num_cpus=4,
    )
    try:
        yield JobSubmissionClient(f"http://{context.dashboard_url}")
    finally:
        ray.shutdown()
