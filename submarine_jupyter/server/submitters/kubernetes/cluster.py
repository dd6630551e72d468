"""Requests to the API server, with plain data in and out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from kubernetes_asyncio.client import ApiClient, ApiException
from kubernetes_asyncio.watch import Watch

from ....errors import ConfigurationError
from .connection import Connection, read_connection
from .refusals import ClusterError, Gone, Refused, Unreachable, error_of
from .resources import OPERATOR_PATH, PODS, REVIEWS_PATH, Resource
from .settings import KubernetesSettings

log = logging.getLogger(__name__)

Object = dict[str, Any]

_METHODS = {"get": "GET", "list": "GET", "watch": "GET", "create": "POST"}
_METHODS |= {"patch": "PATCH", "delete": "DELETE"}
_MERGE_PATCH = "application/merge-patch+json"
_PATIENCE = 30.0
_CONNECT_PATIENCE = 10.0
# The API server ends a watch itself by then; a connection that is silent for longer is dead.
_WATCH_SECONDS = 240
_LONGEST_SILENCE = 300.0
_PAGE = 500
_MOST_RETIRED = 3


class Cluster:
    """One cluster, and the namespace in it.

    Parameters
    ----------
    settings
        Where it is.
    connection
        How to reach it, as `read_connection` has found it.
    """

    def __init__(self, settings: KubernetesSettings, connection: Connection) -> None:
        self._settings = settings
        self._connection = connection
        self._client = ApiClient(connection.configuration)
        # Logs and watches go on with the credentials that they were opened with.
        self._retired: list[ApiClient] = []
        self._renewing = asyncio.Lock()

    @property
    def namespace(self) -> str:
        """The namespace of the jobs."""
        return self._connection.namespace

    @property
    def place(self) -> str:
        """The API server's address."""
        return str(self._connection.configuration.host)

    async def close(self) -> None:
        """Close its connections."""
        for client in (self._client, *self._retired):
            await client.close()

    async def get(self, resource: Resource, name: str) -> Object:
        """Return one object."""
        return await self._ask("get", resource, name)

    async def create(self, resource: Resource, body: Object) -> Object:
        """Make an object."""
        return await self._ask("create", resource, body=body)

    async def patch(self, resource: Resource, name: str, body: Object) -> Object:
        """Change an object by a merge patch."""
        return await self._ask("patch", resource, name, body=body)

    async def delete(self, resource: Resource, name: str) -> bool:
        """Delete an object and what belongs to it; return whether it was there."""
        body = {"propagationPolicy": "Background"}
        try:
            await self._ask("delete", resource, name, body=body)
        except Refused as error:
            if error.status != 404:
                raise
            return False
        return True

    async def all(self, resource: Resource, selector: str) -> tuple[list[Object], str]:
        """Return all objects with some labels, and the version to watch from."""
        found: list[Object] = []
        query = {"labelSelector": selector, "limit": str(_PAGE)}
        while True:
            page = await self._ask("list", resource, query=query)
            found += page["items"] or []
            more = page["metadata"].get("continue")
            if not more:
                return found, str(page["metadata"].get("resourceVersion", ""))
            query["continue"] = more

    async def changes(
        self, resource: Resource, selector: str, version: str
    ) -> AsyncIterator[tuple[str, Object]]:
        """Yield what happens to the objects with some labels, until the API server ends it.

        Raises
        ------
        Gone
            The version is too old.
        """

        async def begin(resource_version: str, **_: object) -> aiohttp.ClientResponse:
            query = {"labelSelector": selector, "watch": "true", "allowWatchBookmarks": "true"}
            query |= {"resourceVersion": resource_version, "timeoutSeconds": str(_WATCH_SECONDS)}
            path = resource.path(self.namespace)
            return await self._request("watch", resource, path, query=query, endless=True)

        async with Watch("object") as watch:
            stream = watch.stream(begin, resource_version=version, timeout_seconds=_WATCH_SECONDS)
            try:
                async for change in stream:
                    if not isinstance(change, dict):
                        raise Unreachable("what the Kubernetes API server answers is cut short")
                    yield change["type"], change["raw_object"]
            except ApiException as error:
                if error.status == 410:
                    raise Gone(410, str(error.reason)) from None
                raise Unreachable(f"the watch of {resource} has failed: {error.reason}") from None
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError, KeyError) as error:
                raise _lost(error, self.place) from None

    async def read_log(
        self, pod: str, container: str, query: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Return the answer from which a container's log can be read."""
        path = PODS.path(self.namespace, pod, "log")
        asked = {"container": container, **query}
        return await self._request("get", "pods/log", path, query=asked, endless=True)

    async def served(self) -> set[str]:
        """Return the plurals of the operator's kinds that this cluster knows."""
        try:
            found = await self._send("get", "the operator's kinds", OPERATOR_PATH)
        except Refused as error:
            if error.status == 404:
                return set()
            raise
        return {entry["name"] for entry in found["resources"] if "/" not in entry["name"]}

    async def may(self, verb: str, resource: Resource, part: str = "") -> bool:
        """Whether this user may do something in the namespace."""
        attributes = {
            "namespace": self.namespace,
            "verb": verb,
            "group": resource.group,
            "resource": resource.plural,
            "subresource": part,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = await self._send("create", "a SelfSubjectAccessReview", REVIEWS_PATH, body=body)
        return bool(answer.get("status", {}).get("allowed"))

    async def _ask(
        self,
        verb: str,
        resource: Resource,
        name: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
    ) -> Object:
        path = resource.path(self.namespace, name)
        return await self._send(verb, resource, path, query=query, body=body)

    async def _send(
        self,
        verb: str,
        resource: object,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
    ) -> Object:
        response = await self._request(verb, resource, path, query=query, body=body)
        try:
            async with response:
                answer: Object = json.loads(await response.read())
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError) as error:
            raise _lost(error, self.place) from None
        return answer

    async def _request(  # noqa: PLR0913 - everything a request is made of
        self,
        verb: str,
        resource: object,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        endless: bool = False,
    ) -> aiohttp.ClientResponse:
        """Return a good answer, not read yet; renews our credentials once when they are refused."""
        silence = _LONGEST_SILENCE if endless else _PATIENCE
        header = _MERGE_PATCH if verb == "patch" else "application/json"
        for attempt in (1, 2):
            client = self._client
            try:
                response: aiohttp.ClientResponse = await client.call_api(
                    path,
                    _METHODS[verb],
                    query_params=list((query or {}).items()),
                    header_params={"Accept": "*/*", "Content-Type": header},
                    body=body,
                    auth_settings=["BearerToken"],
                    _preload_content=False,
                    _request_timeout=aiohttp.ClientTimeout(
                        sock_connect=_CONNECT_PATIENCE, sock_read=silence
                    ),
                )
                if response.status < 400:
                    return response
                async with response:
                    said = await response.read()
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
                raise _lost(error, self.place) from None
            if response.status != 401:
                raise error_of(response.status, said, verb, resource, self.namespace)
            if attempt == 1:
                await self._renew(client)
        raise Unreachable(f"the Kubernetes API server at {self.place} does not accept who we are")

    async def _renew(self, refused: ApiClient) -> None:
        """Read token and certificates again, unless somebody has since."""
        async with self._renewing:
            if self._client is not refused:
                return
            try:
                self._connection = await read_connection(self._settings)
            except ConfigurationError as error:
                raise ClusterError(str(error)) from None
            self._client = ApiClient(self._connection.configuration)
            log.info("logged in to the cluster again")
            self._retired.append(refused)
            if len(self._retired) > _MOST_RETIRED:
                await self._retired.pop(0).close()


def _lost(error: Exception, place: str) -> Unreachable:
    said = str(error) or type(error).__name__
    return Unreachable(f"the Kubernetes API server at {place} does not answer ({said})")
