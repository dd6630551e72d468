"""Whether a cluster has and allows what experiments need."""

from __future__ import annotations

from ..base import Finding
from .cluster import Cluster
from .kinds import KINDS
from .refusals import ClusterError, missing
from .resources import jobs_of
from .rights import rights, role_text


async def examine(cluster: Cluster, source: str) -> list[Finding]:
    """Return what was found; the first that fails may be the last."""
    place = f"{cluster.place}, namespace {cluster.namespace}, by {source}"
    try:
        served = await cluster.served()
    except ClusterError as error:
        return [Finding("API server", str(error))]
    found = [Finding("API server", place, is_good=True)]
    known = [kind for kind in KINDS.values() if kind.plural in served]
    lacking = [kind for kind in KINDS.values() if kind.plural not in served]
    if known:
        said = ", ".join(kind.kind for kind in known)
        found.append(Finding("training operator", said, is_good=True))
    found += [Finding("training operator", missing(jobs_of(kind))) for kind in lacking]
    found.append(await _rights(cluster))
    return found


async def _rights(cluster: Cluster) -> Finding:
    try:
        refused = [
            str(right)
            for right in rights()
            if not await cluster.may(right.verb, right.resource, right.part)
        ]
    except ClusterError as error:
        return Finding("rights", f"cannot be asked for: {error}")
    if not refused:
        return Finding("rights", f"all that is needed in {cluster.namespace}", is_good=True)
    said = f"this server may not {', '.join(refused)} in namespace {cluster.namespace}; apply:"
    return Finding("rights", said, remedy=role_text(cluster.namespace))
