"""Lists of experiments: a page of them, and which ones a text means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import ExperimentClient

REHEARSAL = "rehearsal"
"""The tag of what ran in small on this machine, before it is submitted for real."""


@dataclass(frozen=True)
class Page:
    """Some of the experiments that were asked for, the newest first.

    Attributes
    ----------
    experiments
        As the server answers them.
    total
        How many there are in all.
    """

    experiments: list[dict[str, Any]]
    total: int


def shown_name(experiment: dict[str, Any]) -> str:
    """Return an experiment's name for a list, which tells rehearsals apart."""
    meta = experiment["spec"]["meta"]
    name = meta.get("name") or ""
    return f"{name} ({REHEARSAL})" if REHEARSAL in (meta.get("tags") or ()) else name


def fits(experiment: dict[str, Any], filters: Mapping[str, str]) -> bool:
    """Whether an experiment fits `name`, `tag` and `framework`, as our own server has them."""
    meta = experiment["spec"]["meta"]
    name, tag, framework = map(filters.get, ("name", "tag", "framework"))
    return (
        (name is None or name.lower() in (meta.get("name") or "").lower())
        and (tag is None or tag in (meta.get("tags") or []))
        and (framework is None or framework.lower() == (meta.get("framework") or "").lower())
    )


def ids_like(client: ExperimentClient, text: str) -> list[str]:
    """Return the ids that a text may mean, the newest first.

    A whole id is taken as it is. Else it means the ids that end in it; else those whose
    experiments have it for a name.
    """
    if text.startswith("experiment") and text.count("-") >= 2:
        return [text]
    summaries = client.summaries()
    names = {entry["experimentId"]: entry["spec"]["meta"]["name"] for entry in summaries}
    return (
        [known for known in names if known.endswith(f"-{text}")]
        or [known for known in names if known.endswith(text)]
        or [known for known, name in names.items() if name == text]
    )
