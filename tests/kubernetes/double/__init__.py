"""A stand-in for a Kubernetes cluster with the Kubeflow training operator.

Nothing of it is Kubernetes: it answers over HTTP as the API server's documents say, makes pods for
jobs as the operator's source does, and runs their commands as processes of this machine. What it
does was written down from those documents, so a misreading would be in both.
"""
