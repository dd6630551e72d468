"""A snapshot as inert HTML: no script, no link, no id; everything from outside is escaped.

Colours are inherited, borders half transparent, so that it reads on light and dark pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from ..logs.clean import MAX_LINE, clean, cut, one_line
from ..logs.times import age
from .chart import Series, charts

_PILL = {
    "Accepted": "#6e5494",
    "Created": "#6e5494",
    "Running": "#0b62c4",
    "Succeeded": "#1a7f37",
    "Failed": "#c1222d",
    "Deleted": "#5f6a75",
    "Pending": "#5f6a75",
    "Stopped": "#5f6a75",
}
_TIMES = {"accepted": "acceptedTime", "started": "runningTime", "finished": "finishedTime"}
_BOX = "border:1px solid rgba(128,128,128,.45);border-radius:4px;padding:8px 12px"
# A page's MathJax would take what stands between dollars for formulas, which may be links.
_NO_FORMULAS = "tex2jax_ignore mathjax_ignore"
# Turned around, so that the box opens at its last line.
_SCROLL = (
    "max-height:16em;overflow:auto;display:flex;flex-direction:column-reverse;"
    "background:#8881;padding:4px"
)
_LOG = "flex:none;margin:0;white-space:pre-wrap;font-size:12px"
# A browser would break ids at their hyphens.
_ID = '<code style="white-space:nowrap">'
_FAINT = '<div style="opacity:.7">'


def to_html(snapshot: dict[str, Any], metrics: Sequence[Series] = ()) -> str:
    """Return a snapshot as HTML, with small charts of the metrics."""
    experiment = snapshot["experiment"]
    spec = experiment["spec"]
    meta, environment = spec["meta"], spec.get("environment") or {}
    facts = [
        f"{_ID}{_text(experiment['experimentId'])}</code>",
        _text(meta.get("framework")),
        _text(roles(experiment, with_resources=True)),
        *(_text(environment.get(key)) for key in ("name", "image")),
        _text(", ".join(meta.get("tags") or [])),
    ]
    times = [
        f"{word} {_text(_second(experiment.get(key)))}"
        for word, key in _TIMES.items()
        if experiment.get(key)
    ]
    times.append(_text(age(experiment, snapshot["time"])))
    pods = "".join(_pod(pod) for pod in snapshot["pods"])
    hidden = snapshot["podCount"] - len(snapshot["pods"])
    more = f"<div>and {hidden} more pods</div>" if hidden > 0 else ""
    reason = snapshot.get("reason")
    return (
        f'<div class="{_NO_FORMULAS}" style="{_BOX}">'
        f"<div><b>{_text(meta.get('name'))}</b> {pill(experiment['status'])}</div>"
        f"<div>{_joined(facts)}</div>{_FAINT}{_joined(times)}</div>"
        + (f"<div><b>{_text(reason)}</b></div>" if reason else "")
        + f"{charts(metrics)}{pods}{more}{_FAINT}As of {_text(snapshot['time'])}</div></div>"
    )


def _joined(facts: list[str]) -> str:
    return " · ".join(fact for fact in facts if fact)


def _second(time: object) -> str:
    """Return a time of the API without its milliseconds."""
    return re.sub(r"\.\d+", "", str(time)).replace("T", " ")


def pill(status: str | None) -> str:
    """Return a status as a coloured label."""
    if not status:
        return ""
    style = f"background:{_PILL.get(status, '#5f6a75')};color:#fff;border-radius:8px;padding:0 8px"
    return f'<span style="{style}">{_text(status)}</span>'


def roles(experiment: dict[str, Any], *, with_resources: bool = False) -> str:
    """Return the roles and how many replicas each has, as `Ps 1, Worker 2 (cpu=1,memory=1G)`."""
    tasks = experiment["spec"]["spec"].items()
    return ", ".join(
        f"{role} {task.get('replicas') or 1}"
        + (f" ({task['resources']})" if with_resources and task.get("resources") else "")
        for role, task in tasks
    )


def _pod(pod: dict[str, Any]) -> str:
    head = (
        f'<div style="margin-top:6px">{_ID}{_text(pod["name"])}</code> {pill(pod["state"])}</div>'
    )
    if not pod["lines"]:
        return head
    lines = "\n".join(escape(clean(line), quote=False) for line in pod["lines"])
    return f'{head}<div style="{_SCROLL}"><pre style="{_LOG}">{lines}</pre></div>'


def _text(value: object) -> str:
    return "" if value is None else escape(cut(one_line(str(value)), MAX_LINE), quote=False)
