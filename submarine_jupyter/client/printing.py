"""Printing logs as the published client's document shows them."""

from __future__ import annotations

from collections.abc import Iterable

from .following import Record


def print_log(pod: str, lines: Iterable[str]) -> None:
    """Print a pod's heading and lines."""
    print(f"The logs of Pod {pod}:\n")  # noqa: T201 - what this module is for
    for line in lines:
        print(line)  # noqa: T201


def print_progress(experiment_id: str, records: Iterable[Record]) -> None:
    """Print each new status, and the lines of the logs, with a heading where the pod changes."""
    status = pod = None
    for record in records:
        if record.event in ("status", "end") and record.data["status"] != status:
            status, pod = record.data["status"], None
            print(f"{experiment_id} is {status}")  # noqa: T201
        elif record.event == "log" and record.data["pod"] != pod:
            pod = record.data["pod"]
            print_log(pod, record.data["lines"])
        elif record.event == "log":
            for line in record.data["lines"]:
                print(line)  # noqa: T201
