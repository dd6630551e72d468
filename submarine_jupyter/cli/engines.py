"""The options that say where experiments run, for the commands that run an engine."""

from __future__ import annotations

import argparse
from typing import Any


def engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of all engines."""
    add = parser.add_argument
    add(
        "--submitter",
        choices=("local", "ray", "kubernetes"),
        default="local",
        help="where experiments run: as processes of this machine, on a Ray cluster, or as jobs of "
        "the Kubeflow training operator (%(default)s)",
    )
    add(
        "--ray-address",
        default="local",
        metavar="HOST:PORT",
        help="head of the Ray cluster, one of whose nodes this machine is; or `local`, which "
        "starts a cluster of this machine alone (%(default)s)",
    )
    add(
        "--kube-context",
        metavar="NAME",
        help="context of the kubeconfig (its current one; without a kubeconfig the service account "
        "of the server's pod)",
    )
    add("--namespace", metavar="NAME", help="of the jobs on Kubernetes (that of the context)")
    add("--kube-image", metavar="IMAGE", help="for specs that name none; else those are refused")
    add(
        "--kube-git-image",
        metavar="IMAGE",
        help="git-sync 4, for the code of specs that have some (that of registry.k8s.io)",
    )
    add(
        "--kube-output-claim",
        metavar="NAME",
        help="volume claim that holds the server's data directory, at its root: runs then keep "
        "what they write to SUBMARINE_OUTPUT_DIR",
    )
    add(
        "--kube-double-memory",
        action="store_true",
        help="let pods take twice the memory they ask for, as Apache Submarine does",
    )


def engine_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of the server's settings that name its engine."""
    from ..server.submitters.kubernetes.settings import GIT_IMAGE, KubernetesSettings

    if options.submitter == "ray":
        return {"ray_address": options.ray_address}
    if options.submitter != "kubernetes":
        return {}
    settings = KubernetesSettings(
        context=options.kube_context,
        namespace=options.namespace,
        image=options.kube_image,
        git_image=options.kube_git_image or GIT_IMAGE,
        double_memory=options.kube_double_memory,
        output_claim=options.kube_output_claim,
    )
    return {"kubernetes": settings}
