"""The resources of the API that are used, and their paths."""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import GROUP, KINDS, VERSION, JobKind


@dataclass(frozen=True)
class Resource:
    """A resource of a namespace.

    Attributes
    ----------
    plural
        As paths have it.
    group, version
        Of its API; the core's group is empty.
    """

    plural: str
    group: str = ""
    version: str = "v1"

    def path(self, namespace: str, name: str | None = None, part: str | None = None) -> str:
        """Return the path of all of a namespace, of one, or of a part of one (`log`)."""
        api = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [api, "namespaces", namespace, self.plural, name, part]
        return "/".join(entry for entry in parts if entry)

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


def jobs_of(kind: JobKind) -> Resource:
    """Return the resource of a kind of jobs."""
    return Resource(kind.plural, GROUP, VERSION)


JOBS = tuple(jobs_of(kind) for kind in KINDS.values())
PODS = Resource("pods")
SECRETS = Resource("secrets")
EVENTS = Resource("events")
REVIEWS_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
OPERATOR_PATH = f"/apis/{GROUP}/{VERSION}"
