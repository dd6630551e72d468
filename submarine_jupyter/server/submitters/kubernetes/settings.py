"""What the one who starts the server decides about Kubernetes."""

from __future__ import annotations

from dataclasses import dataclass

GIT_IMAGE = "registry.k8s.io/git-sync/git-sync:v4.4.0"


@dataclass(frozen=True)
class KubernetesSettings:
    """Where and how experiments run on a cluster.

    Attributes
    ----------
    context
        Of the kubeconfig; None: its current one, or the service account of the server's own pod.
    namespace
        That the jobs are in; None: that of the context or of the server's own pod.
    image
        For specs that name none; None: such specs are refused.
    git_image
        Fetches the code of specs that have some.
    double_memory
        Whether the limit of memory is twice what was asked for, as Apache Submarine has it.
    output_claim
        The volume claim on which the server's data directory lies, so that runs can write their
        output there; None: what they write is lost with their pods.
    """

    context: str | None = None
    namespace: str | None = None
    image: str | None = None
    git_image: str = GIT_IMAGE
    double_memory: bool = False
    output_claim: str | None = None
