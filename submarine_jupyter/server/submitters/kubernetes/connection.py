"""Where the cluster is and who we are there: a kubeconfig, or the service account of our pod."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml
from kubernetes_asyncio import config
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException

from ....errors import ConfigurationError
from .settings import KubernetesSettings

_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
# Whatever the library raises for a file that is no kubeconfig, or whose login program fails.
_BAD = (
    ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, AttributeError, KeyError,
    AssertionError,
)  # fmt: skip


@dataclass(frozen=True)
class Connection:
    """How to reach a cluster.

    Attributes
    ----------
    configuration
        For the client.
    namespace
        That the jobs are in.
    source
        Where that comes from, for people: `context dev of /home/me/.kube/config`.
    """

    configuration: Configuration
    namespace: str
    source: str


async def read_connection(settings: KubernetesSettings) -> Connection:
    """Return how to reach the cluster, read anew: tokens change.

    Raises
    ------
    ConfigurationError
        There is no kubeconfig, or it cannot be used.
    """
    paths = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    configuration = Configuration()
    if _is_any_there(paths):
        return await _from_file(paths, configuration, settings)
    if settings.context is None and "KUBERNETES_SERVICE_HOST" in os.environ:
        return _from_pod(configuration, settings)
    raise ConfigurationError(
        f"there is no kubeconfig at {paths}; set KUBECONFIG to one, or run the server in the "
        "cluster as deploy/ shows"
    )


def _is_any_there(paths: str) -> bool:
    return any(Path(path).expanduser().exists() for path in paths.split(os.pathsep) if path)


async def _from_file(
    paths: str, configuration: Configuration, settings: KubernetesSettings
) -> Connection:
    try:
        loader = await config.load_kube_config(
            paths, settings.context, configuration, persist_config=False
        )
        current = loader.current_context or {}
    except _BAD as error:
        said = str(error) or type(error).__name__
        wanted = f"context {settings.context} of " if settings.context else ""
        raise ConfigurationError(
            f"{wanted}the kubeconfig {paths} cannot be used: {said}; `kubectl config get-contexts` "
            "lists what is in it, --kube-context chooses"
        ) from None
    namespace = settings.namespace or current.get("context", {}).get("namespace") or "default"
    return Connection(configuration, namespace, f"context {current.get('name')} of {paths}")


def _from_pod(configuration: Configuration, settings: KubernetesSettings) -> Connection:
    try:
        config.load_incluster_config(client_configuration=configuration)
        own = _OWN_NAMESPACE.read_text(encoding="utf-8").strip()
    except (ConfigException, OSError) as error:
        raise ConfigurationError(
            f"the service account of this pod cannot be used: {error}; see deploy/"
        ) from None
    return Connection(configuration, settings.namespace or own, "the service account of this pod")
