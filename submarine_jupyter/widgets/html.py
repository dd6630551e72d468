"""A snapshot as inert HTML: no script, no link, no id; everything from outside is escaped.

Colours are inherited, borders half transparent, so that it reads on light and dark pages.
"""

from __future__ import annotations

from html import escape
from typing import Any

from ..logs.times import age

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
_BOX = "border:1px solid rgba(128,128,128,.45);border-radius:4px;padding:8px 12px"
# Turned around, so that the box opens at its last line.
_SCROLL = (
    "margin-top:4px;max-height:16em;overflow:auto;display:flex;flex-direction:column-reverse;"
    "background:rgba(128,128,128,.1)"
)
_LOG = (
    "flex:none;margin:0;padding:6px;white-space:pre-wrap;font-family:monospace;font-size:12px;"
    "line-height:1.4;background:none;color:inherit"
)


def to_html(snapshot: dict[str, Any]) -> str:
    """Return a snapshot as HTML."""
    experiment = snapshot["experiment"]
    meta = experiment["spec"]["meta"]
    facts = [
        f"<code>{_text(experiment['experimentId'])}</code>",
        _text(meta.get("framework")),
        _text(roles(experiment)),
        _text(age(experiment, snapshot["time"])),
        _text(", ".join(meta.get("tags") or [])),
    ]
    pods = "".join(_pod(pod) for pod in snapshot["pods"])
    hidden = snapshot["podCount"] - len(snapshot["pods"])
    more = f"<div>and {hidden} more pods</div>" if hidden > 0 else ""
    return (
        f'<div style="{_BOX}"><div><b>{_text(meta.get("name"))}</b> {pill(experiment["status"])}'
        f"</div><div>{' · '.join(fact for fact in facts if fact)}</div>{pods}{more}"
        f'<div style="opacity:.7">As of {_text(snapshot["time"])}</div></div>'
    )


def pill(status: str | None) -> str:
    """Return a status as a coloured label."""
    if not status:
        return ""
    style = f"background:{_PILL.get(status, '#5f6a75')};color:#fff;border-radius:8px;padding:0 8px"
    return f'<span style="{style}">{_text(status)}</span>'


def roles(experiment: dict[str, Any]) -> str:
    """Return the roles and how many replicas each has, as `Ps 1, Worker 2`."""
    tasks = experiment["spec"]["spec"].items()
    return ", ".join(f"{role} {task.get('replicas') or 1}" for role, task in tasks)


def _pod(pod: dict[str, Any]) -> str:
    head = (
        f'<div style="margin-top:6px"><code>{_text(pod["name"])}</code> {pill(pod["state"])}</div>'
    )
    if not pod["lines"]:
        return head
    lines = _text("\n".join(pod["lines"]))
    return f'{head}<div style="{_SCROLL}"><pre style="{_LOG}">{lines}</pre></div>'


def _text(value: object) -> str:
    return "" if value is None else escape(str(value), quote=False)
