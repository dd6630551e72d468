"""The job of one run on the cluster, and the Secret that goes with it."""

from __future__ import annotations

import json
import logging
from typing import Any

from ..run.files import ExperimentFiles
from .cluster import Cluster, Object
from .kinds import JobKind
from .manifests import RUN_ANNOTATION, replicas_patch
from .refusals import ClusterError, Refused
from .resources import SECRETS, jobs_of

log = logging.getLogger(__name__)


class OwnJob:
    """Makes the job of a run, once however often it is tried, and removes it.

    Parameters
    ----------
    files
        Of the experiment.
    run
        The mark of this run, which its job bears.
    """

    def __init__(self, cluster: Cluster, files: ExperimentFiles, kind: JobKind, run: str) -> None:
        self._cluster = cluster
        self._files = files
        self._name = files.experiment_id
        self._kind = kind
        self._resource = jobs_of(kind)
        self._run = run

    def is_own(self, job: Object) -> bool:
        """Whether a job of that name is the one of this run."""
        return bool(job["metadata"].get("annotations", {}).get(RUN_ANNOTATION) == self._run)

    async def make(self, manifest: Object) -> Object:
        """Make Secret and job; return the job, also one that was made before."""
        secret = self._secret()
        if secret is not None:
            await self._make_secret(secret)
        try:
            job = await self._cluster.create(self._resource, manifest)
        except Refused as error:
            if error.status != 409:
                raise
            job = await self._cluster.get(self._resource, self._name)
            if not self.is_own(job):
                said = f"the cluster has a {self._kind.kind} of that name that is not ours"
                raise Refused(409, said) from None
        if secret is not None:
            await self._give_secret(job)
        return job

    async def find(self) -> Object | None:
        """Return the job as it is now; None when it is gone."""
        try:
            return await self._cluster.get(self._resource, self._name)
        except Refused as error:
            if error.status != 404:
                raise
            return None

    async def change(self, manifest: Object) -> None:
        """Give the job the replicas of another manifest."""
        secret = self._secret()
        if secret is not None:
            await self._make_secret(secret)
        await self._cluster.patch(self._resource, self._name, replicas_patch(manifest))

    async def remove(self) -> None:
        """Remove the job with its pods."""
        await self._cluster.delete(self._resource, self._name)

    async def drop_secret(self) -> None:
        """Remove the Secret, and here too what was in it."""
        if not self._files.secret.exists():
            return
        try:
            await self._cluster.delete(SECRETS, self._name)
        except ClusterError as error:
            log.warning("the Secret of %s stays: %s", self._name, error)
        self._files.secret.unlink(missing_ok=True)
        self._files.credentials.unlink(missing_ok=True)

    async def _make_secret(self, secret: Object) -> None:
        try:
            await self._cluster.create(SECRETS, secret)
        except Refused as error:
            if error.status != 409:
                raise
            values = {"stringData": secret["stringData"]}
            await self._cluster.patch(SECRETS, self._name, values)

    async def _give_secret(self, job: Object) -> None:
        """Let the Secret go with the job."""
        owner = {
            "apiVersion": job["apiVersion"],
            "kind": job["kind"],
            "name": self._name,
            "uid": job["metadata"]["uid"],
        }
        body = {"metadata": {"ownerReferences": [owner]}}
        try:
            await self._cluster.patch(SECRETS, self._name, body)
        except ClusterError as error:
            log.warning("the Secret of %s is not given to its job: %s", self._name, error)

    def _secret(self) -> dict[str, Any] | None:
        if not self._files.secret.exists():
            return None
        secret: dict[str, Any] = json.loads(self._files.secret.read_text(encoding="utf-8"))
        return secret
