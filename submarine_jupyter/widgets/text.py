"""A snapshot as text for terminals."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..logs.clean import visible
from ..logs.times import age
from .html import roles

_LINES = 5


def to_text(snapshot: dict[str, Any]) -> str:
    """Return a snapshot in a few lines: what it is, how its pods are, what was said last."""
    experiment = snapshot["experiment"]
    meta = experiment["spec"]["meta"]
    facts = (meta.get("framework"), roles(experiment), age(experiment, snapshot["time"]))
    lines = [
        f"{meta.get('name')} ({experiment['experimentId']}): {experiment['status']}",
        "  " + " · ".join(fact for fact in facts if fact),
    ]
    if snapshot.get("reason"):
        lines.append(f"  {snapshot['reason']}")
    states = Counter(pod["state"] for pod in snapshot["pods"] if pod["state"])
    if states:
        counts = ", ".join(f"{count} {state}" for state, count in states.items())
        hidden = snapshot["podCount"] - len(snapshot["pods"])
        lines.append(f"  Pods: {counts}" + (f", {hidden} more" if hidden > 0 else ""))
    speaking = next((pod for pod in snapshot["pods"] if pod["lines"]), None)
    if speaking is not None:
        lines.append(f"  Last lines of {speaking['name']}:")
        lines += [f"    {line}" for line in speaking["lines"][-_LINES:]]
    return "\n".join(visible(line) for line in lines)
