"""What a cluster answers when it does not do what it is asked, and how that is told to people."""

from __future__ import annotations

import json
from typing import Any

from .kinds import OPERATOR_VERSION
from .resources import Resource

HOW_TO_INSTALL = (
    'kubectl apply --server-side -k "github.com/kubeflow/training-operator.git/manifests/overlays/'
    f'standalone?ref={OPERATOR_VERSION}"'
)
HOW_TO_ALLOW = "`submarine-jupyter check --submitter kubernetes` prints the Role to apply"


class ClusterError(Exception):
    """A request that was not done; the text is a sentence's part."""


class Unreachable(ClusterError):
    """Nobody answered, or somebody who could not: it may go well the next time."""


class Refused(ClusterError):
    """The API server has refused a request.

    Attributes
    ----------
    status
        The HTTP code.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Forbidden(Refused):
    """What was asked for is not allowed to this user."""


class Gone(Refused):
    """What has changed since is not known any more: read all of it again."""


def error_of(status: int, body: bytes, verb: str, resource: object, namespace: str) -> ClusterError:
    """Return the error for an answer that is none.

    Parameters
    ----------
    verb, resource, namespace
        What was asked for: `create`, `tfjobs.kubeflow.org`, `ml`.
    """
    said, is_status = _message(body)
    if status == 403:
        # Of quotas and admission webhooks the API server says 403 too.
        is_right = " cannot " in said
        words = f"the cluster refuses to {verb} {resource}: {said}"
        return Forbidden(status, forbidden(verb, resource, namespace) if is_right else words)
    if status == 404 and isinstance(resource, Resource) and resource.group and not is_status:
        # Of an object that is not there it says so in its own form.
        return Refused(status, missing(resource))
    if status == 410:
        return Gone(status, said)
    if status == 429 or status >= 500:
        return Unreachable(f"the Kubernetes API server answers {status}: {said}")
    return Refused(status, f"the Kubernetes API server refuses to {verb} {resource}: {said}")


def missing(resource: Resource) -> str:
    """Return that a cluster does not know a kind of jobs, and what to do."""
    return (
        f"the cluster has no {resource}: the Kubeflow training operator, which brings that "
        f"CustomResourceDefinition, is not installed; install it with: {HOW_TO_INSTALL}"
    )


def forbidden(verb: str, resource: object, namespace: str) -> str:
    """Return what this server may not do, and what to do about it."""
    return f"this server may not {verb} {resource} in namespace {namespace}; {HOW_TO_ALLOW}"


def _message(body: bytes) -> tuple[str, bool]:
    """Return what an answer says, and whether it says it in the API's own form."""
    text = body.decode("utf-8", "replace").strip()
    try:
        status: Any = json.loads(text)
        return str(status["message"]), True
    except (ValueError, KeyError, TypeError):
        return text.partition("\n")[0][:300] or "it does not say why", False
